#!/usr/bin/env bash
# Write the lock files of pyproject.toml with uv: `make lock`. Versions that are locked stay, if nothing else asks for others;
# `make lock UPGRADE=--upgrade` takes the newest. What differs between machines under one version (torch's CUDA libraries) is
# in neither lock, and torch itself is not in the hashes.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "make lock needs uv; install it with: pipx install uv" >&2; exit 2; }

by_machine='nvidia-|cuda-|triton'
compile() { uv pip compile --quiet --python-version 3.11.7 --no-annotate --no-header "$@" >/dev/null; }

# lock FILE WORDS OPTION...: resolve pyproject.toml into FILE.
lock() {
  local file=$1 words=$2
  shift 2
  compile pyproject.toml "$@" ${UPGRADE:-} --output-file "$file"
  { echo "# $words Written by \`make lock\`."; grep -vE "^(#|$by_machine)" "$file"; } >"$file.part"
  mv "$file.part" "$file"
}

lock requirements.lock "What Sextant runs on, with the onnx extra." --extra onnx
lock requirements-dev.lock "Everything: all extras, tests and checks." --all-extras
hashes=$(mktemp)
trap 'rm -f "$hashes"' EXIT
compile requirements-dev.lock --no-deps --generate-hashes \
  --no-emit-package torch --no-emit-package torchvision --output-file "$hashes"
{ echo "# What CI installs with --require-hashes. Written by \`make lock\`."; cat "$hashes"; } >requirements-dev.hashes
