# Two commands do everything: `make demo` and `make test`. `make check` is what CI holds the code to.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-slow check types record bench docs lock clean adversary plans audit sbom dist

demo: .venv/ready
	$(BIN)/sextant demo

test: .venv/ready-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

# The tests that `make test` leaves out: long conversations, browsers, Ray, trainings, tutorials. CI runs both.
test-slow: .venv/ready-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

# The recorded runs that tests replay: makes those anew that no longer do, for review. No model and no network.
record: .venv/ready-dev
	$(BIN)/python -m tests.support.record

# The shipped plans and G3's arithmetic on 20 photos each, as the papers' tables are made: about 10 minutes.
plans: .venv/ready-dev
	SEXTANT_PLAN_PHOTOS=20 $(BIN)/python -m pytest tests/eval/running/test_plans.py tests/test_g3_aligned.py

# The quick benches beside the figures of bench/quick/RESULTS.md; `python -m bench.quick.compare --write` commits new ones.
bench: .venv/ready-dev
	$(BIN)/python -m bench.quick.compare

# The guides as a site in site/, its links checked; it needs no network.
docs: .venv/ready-dev .types
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build

# Hostile replies, requests and records, full disks, kills, two servers on one home, load (SECURITY.md); it is slow.
adversary: .venv/ready-dev
	SEXTANT_ADVERSARY=1 $(BIN)/python -m pytest tests/adversary -s

audit: .venv/ready-dev
	$(BIN)/python scripts/audit.py

sbom: .venv/ready
	mkdir -p dist && $(BIN)/python scripts/sbom.py > dist/sextant.cdx.json

types: .venv/ready-dev .types
	$(BIN)/mypy

check: .venv/ready-dev .types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd .types && ../$(BIN)/lint-imports --config ../pyproject.toml

# The installed layout as links, for mypy and import-linter: every top-level folder under the one name `sextant`.
.types: pyproject.toml
	rm -rf .types && mkdir -p .types/sextant
	cd .types/sextant && ln -s ../../sextant/__init__.py ../../sextant/py.typed ../../agent ../../app ../../atlas ../../base \
		../../eval ../../gallery ../../geo ../../graphs ../../prompts ../../tools .

# The lock files, resolved by uv from pyproject.toml; hashes for `pip install --require-hashes`.
lock:
	UPGRADE=$(UPGRADE) scripts/lock.sh

# The wheel and the source archive, built and checked: what is in them, and that their texts render.
dist:
	rm -rf dist build && uv build --out-dir dist
	uvx twine check --strict dist/*.whl dist/*.tar.gz
	uvx check-wheel-contents dist/*.whl

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/ready: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

.venv/ready-dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --requirement requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch .venv/ready $@

clean:
	rm -rf .venv build dist *.egg-info
