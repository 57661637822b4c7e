"""Load the prompt data files: one YAML file each, found by id, validated before use."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sextant.base.errors import WrongUse, format_error
from sextant.base.settings import list_bounds
from sextant.base.yaml_text import parse_yaml

FOLDER = Path(__file__).parent


def make_field(name: str, default: Any = ...) -> Any:
    """Make a preset's field with the range of the setting of that name."""
    bounds = list_bounds()[name]
    return Field(default=default, ge=bounds.low, le=bounds.high)


class Document(BaseModel):
    """Fields that every prompt file has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    version: int


class Frame(Document):
    """A fixed text around the strategies: role, answer form, headings."""

    text: str


Kind = TypeVar("Kind", bound=Document)


_BROUGHT: ContextVar[Mapping[str, str]] = ContextVar("brought", default={})  # noqa: B039 (never changed in place)


@contextmanager
def use_recorded_prompts(texts: Mapping[str, str]) -> Iterator[None]:
    """Within the block, read the user's own prompt files that are missing here from these texts, by path.

    A recording contains its prompts, so it also replays on machines without the files.
    """
    token = _BROUGHT.set(texts)
    try:
        yield
    finally:
        _BROUGHT.reset(token)


def find_recorded(name: str, kind: type[Kind]) -> Kind | None:
    """Find a prompt that only a recording holds, because it was edited there; None for a shipped id or a file."""
    texts = _BROUGHT.get()
    return parse_document(texts[name], kind) if name in texts and not is_own(name) else None


def is_own(name: str) -> bool:
    """Return whether a name is the path of the user's own file rather than an id."""
    return name.endswith((".yaml", ".yml"))


def read_prompt_text(path: Path) -> str:
    """Read a prompt file, or the recorded text in its place."""
    texts = _BROUGHT.get()
    return texts[str(path)] if str(path) in texts and not path.exists() else path.read_text(encoding="utf-8")


def list_ids(folder: str) -> list[str]:
    """List the ids that the project ships in one folder (``variants``, ``presets``, ``frames``), sorted."""
    return sorted(path.stem for path in (FOLDER / folder).glob("*.yaml"))


def read(path: Path, kind: type[Kind]) -> Kind:
    """Read and validate one file.

    Raises:
        WrongUse: the file is not YAML, or lacks or misspells a field; the message names file and field.
    """
    try:
        document: Kind = parse_document(read_prompt_text(path), kind)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WrongUse(f"prompt file {str(path)!r} cannot be read: {format_error(error)}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise WrongUse(f"prompt file {str(path)!r}: {where}: {first['msg']}") from error
    if document.id != path.stem:
        raise WrongUse(f"prompt file {str(path)!r} has the id {document.id!r}; name the file {document.id}.yaml")
    return document


@lru_cache(maxsize=256)
def parse_document(text: str, kind: type[Kind]) -> Kind:
    """Parse a file's text into a document."""
    return kind.model_validate(parse_yaml(text))


def find_document(folder: str, name: str, kind: type[Kind]) -> Kind:
    """Find the shipped document of that id, or the file at that path when ``name`` ends in ``.yaml``.

    Raises:
        WrongUse: the id or file does not exist; the message lists the ids.
    """
    if is_own(name):
        return read(Path(name), kind)
    if name not in list_ids(folder):
        raise WrongUse(
            f"unknown {folder[:-1]} {name!r}: expected one of {', '.join(list_ids(folder))}, or a .yaml file"
        )
    return read(FOLDER / folder / f"{name}.yaml", kind)


@cache
def load_frame(name: str) -> Frame:
    """Load the frame text of that id."""
    return find_document("frames", name, Frame)
