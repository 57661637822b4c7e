"""Reading the prompt data files: one YAML file each, found by its id, checked before use."""

from functools import cache
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from geo.errors import WrongUse

FOLDER = Path(__file__).parent


class Document(BaseModel):
    """What every prompt file carries."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    version: int


class Frame(Document):
    """A fixed text that stands round the strategies: role, answer form, headings."""

    text: str


Kind = TypeVar("Kind", bound=Document)


def ids(folder: str) -> list[str]:
    """The ids that the project ships in one folder (``variants``, ``presets``, ``frames``), sorted."""
    return sorted(path.stem for path in (FOLDER / folder).glob("*.yaml"))


def read(path: Path, kind: type[Kind]) -> Kind:
    """Read and check one file.

    Raises:
        WrongUse: the file is not YAML, or lacks or misspells a field; the message names file and field.
    """
    try:
        document = kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WrongUse(f"prompt file {str(path)!r} cannot be read: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise WrongUse(f"prompt file {str(path)!r}: {where}: {first['msg']}") from error
    if document.id != path.stem:
        raise WrongUse(f"prompt file {str(path)!r} has the id {document.id!r}; name the file {document.id}.yaml")
    return document


def find(folder: str, name: str, kind: type[Kind]) -> Kind:
    """The shipped document of that id, or the file at that path when ``name`` ends in ``.yaml``.

    Raises:
        WrongUse: no such id or file; the message lists the ids there are.
    """
    if name.endswith((".yaml", ".yml")):
        return read(Path(name), kind)
    if name not in ids(folder):
        raise WrongUse(
            f"no {folder[:-1]} is called {name!r}; there are: {', '.join(ids(folder))}; or give a .yaml file"
        )
    return read(FOLDER / folder / f"{name}.yaml", kind)


@cache
def frame(name: str) -> Frame:
    """The frame text of that id."""
    return find("frames", name, Frame)
