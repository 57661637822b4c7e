"""The plan of an ablation, as a YAML file: a base evaluation, and a grid of settings or a list of named rows.

A shipped plan is found by its name. It names its ``inputs``, which only its user knows, such as a gallery; a setting
``{gallery}`` has the value of that input.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sextant.base.errors import WrongUse, format_error
from sextant.base.json_types import Json
from sextant.base.yaml_text import parse_yaml

SHIPPED = Path(__file__).resolve().parents[1] / "plans"


@dataclass(frozen=True)
class Cell:
    """One evaluation of an ablation: what the table shows of it, and the settings that make it."""

    shown: Json
    settings: Json
    row: str | None = None


class Grid(BaseModel):
    """The values of each dimension; what is left out stays as the settings say."""

    model_config = ConfigDict(extra="forbid")

    references: list[int] | None = None
    negatives: list[bool] | None = None
    verify: list[str] | None = None
    variants: list[list[str]] | None = None
    tools: list[list[str]] | None = None
    gallery: list[str] | None = None
    keep_samples: list[int] | None = None
    samples: list[int] | None = None
    nearest: list[int] | None = None
    farthest: list[int] | None = None
    preset: list[str] | None = None
    model: list[str] | None = None

    def cells(self) -> Iterator[Json]:
        """Yield every combination, the last dimension turning fastest."""
        given = {name: values for name, values in self if values is not None}
        for values in product(*given.values()):
            yield dict(zip(given, values, strict=True))


class PlanRow(BaseModel):
    """One named row of a table, and the settings that differ in it."""

    model_config = ConfigDict(extra="forbid")

    name: str
    settings: Json = Field(default_factory=dict)


class Input(BaseModel):
    """What a plan's user has to say, or may: without ``default`` it must be given."""

    model_config = ConfigDict(extra="forbid")

    about: str
    default: Any = None

    @property
    def required(self) -> bool:
        """Whether a plan cannot run without it."""
        return "default" not in self.model_fields_set


class Paper(BaseModel):
    """A published table: by benchmark and row, percent within 1, 25, 200, 750 and 2500 km, or retrieved distances.

    Rows of distances are average, median, largest and smallest (km) of the first 5, 10 and 15 retrieved photos. What
    was not read or not published is left out, or null.
    """

    model_config = ConfigDict(extra="forbid")

    source: str
    table: dict[str, dict[str, list[float | None]]]


class AblationPlan(BaseModel):
    """An ablation. ``rescore`` names an evaluation whose candidates are weighed again; else each cell is run.

    ``measure`` says what the table shows: how often the answers are right, or how far away the retrieved photos lie.
    """

    model_config = ConfigDict(extra="forbid")

    about: str = ""
    how: Literal["run", "rescore"] = "run"
    measure: Literal["accuracy", "retrieved"] = "accuracy"
    rescore: Path | None = None
    benchmark: str | None = None
    data: Path | None = None
    limit: int | None = Field(default=None, ge=1)
    seed: int = 0
    inputs: dict[str, Input] = Field(default_factory=dict)
    settings: Json = Field(default_factory=dict)
    grid: Grid | None = None
    rows: list[PlanRow] | None = None
    paper: Paper | None = None

    def cells(self) -> list[Cell]:
        """List the evaluations of the plan, in the order of its table."""
        if self.rows is not None:
            return [Cell({"row": row.name}, row.settings, row.name) for row in self.rows]
        return [Cell(values, values) for values in self.grid.cells()] if self.grid else []


RESCORED = {"references", "negatives", "verify"}


def list_plans() -> list[str]:
    """List the names of the shipped plans, sorted."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def find_plan(name: str) -> Path:
    """Find a plan: the file of that path, else the shipped plan of that name, with or without ``plans/`` and ``.yaml``.

    Raises:
        WrongUse: there is neither; the message lists the shipped plans.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = path.name.removesuffix(".yaml")
    if path.parent in (Path(), Path("plans")) and shipped in list_plans():
        return SHIPPED / f"{shipped}.yaml"
    raise WrongUse(f"no plan {name!r}: expected a .yaml file, or one of {', '.join(list_plans())}")


def read_plan(path: Path, given: Mapping[str, Any] | None = None) -> AblationPlan:
    """Read a plan from its file; paths in it are relative to the file's folder.

    Args:
        given: what the plan's user says: ``benchmark``, ``data`` (a path as it is), ``limit``, ``seed``, the values of
            the plan's inputs by their names, and settings of all cells.

    Raises:
        WrongUse: no such file, no YAML, or a plan that does not make sense; the message names the field.
    """
    try:
        value = parse_yaml(path.read_text(encoding="utf-8"))
        plan = AblationPlan.model_validate(value)
    except OSError as error:
        raise WrongUse(f"cannot read the plan {str(path)!r}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise WrongUse(f"the plan {str(path)!r} is not valid YAML: {format_error(error)}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise WrongUse(
            f"the plan {str(path)!r} is wrong at {where}: {first['msg']}; see the guide Evaluation"
        ) from error
    plan.how = "rescore" if plan.rescore else "run"
    for name in ("rescore", "data"):
        found: Path | None = getattr(plan, name)
        if found is not None:
            setattr(plan, name, path.parent / found)
    _take_given(path, plan, dict(given or {}))
    _refuse_senseless(path, plan)
    return plan


def _take_given(path: Path, plan: AblationPlan, given: Json) -> None:
    """Put what the user said into the plan: its own fields, its inputs, and settings of all cells."""
    for name in ("benchmark", "data", "limit", "seed"):
        if given.get(name) is not None:
            setattr(plan, name, given[name])
        given.pop(name, None)
    values = {name: given.pop(name, wanted.default) for name, wanted in plan.inputs.items()}
    missing = [name for name, wanted in plan.inputs.items() if wanted.required and values[name] is None]
    if missing:
        options = "; ".join(f"--set {name}=… ({plan.inputs[name].about})" for name in missing)
        raise WrongUse(f"the plan {path.stem!r} needs {options}")
    plan.settings = {**fill_inputs(plan.settings, values), **given}
    if plan.grid:
        plan.grid = Grid.model_validate(fill_inputs(plan.grid.model_dump(exclude_none=True), values))
    for row in plan.rows or ():
        row.settings = fill_inputs(row.settings, values)


def fill_inputs(value: Any, values: Json) -> Any:
    """Replace ``{name}``, where a value is nothing else, by the input of that name."""
    if isinstance(value, dict):
        return {name: fill_inputs(item, values) for name, item in value.items()}
    if isinstance(value, list):
        return [fill_inputs(item, values) for item in value]
    name = value[1:-1] if isinstance(value, str) and value[:1] == "{" and value[-1:] == "}" else None
    return values.get(name, value) if name else value


def _refuse_senseless(path: Path, plan: AblationPlan) -> None:
    named = [row.name for row in plan.rows or ()]
    if plan.rows is not None and plan.grid is not None:
        raise WrongUse(f"the plan {str(path)!r} has both grid and rows; name one of them")
    if len(set(named)) < len(named):
        raise WrongUse(f"the plan {str(path)!r} has two rows with the same name: {', '.join(named)}")
    dimensions = {name for cell in plan.cells() for name in cell.settings}
    if not plan.cells() or (plan.grid is not None and not dimensions):
        raise WrongUse(f"the plan {str(path)!r} has an empty grid; name for example: grid: {{verify: [top1, density]}}")
    if plan.how == "rescore" and not dimensions <= RESCORED:
        wrong = ", ".join(sorted(dimensions - RESCORED))
        raise WrongUse(f"the plan {str(path)!r} rescores, but {wrong} needs a new run; name benchmark and data instead")
    if plan.how == "run" and plan.benchmark is None and plan.data is None:
        raise WrongUse(f"the plan {str(path)!r} names neither rescore: RUN nor benchmark: and data:")
    if plan.how == "run" and plan.benchmark is None:
        raise WrongUse(f"the plan {str(path)!r} names no benchmark; give --benchmark NAME")
    if plan.how == "run" and plan.data is None:
        raise WrongUse(f"the plan {path.stem!r} names no data; give --data DIR, the folder of {plan.benchmark}")
