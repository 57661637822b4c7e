"""Read the plan of an ablation: a base evaluation and a grid of settings, as YAML."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sextant.base.errors import WrongUse, format_error
from sextant.base.json_types import Json


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


class AblationPlan(BaseModel):
    """An ablation. ``rescore`` names an evaluation whose candidates are weighed again; else each cell is run."""

    model_config = ConfigDict(extra="forbid")

    how: Literal["run", "rescore"] = "run"
    rescore: Path | None = None
    benchmark: str | None = None
    data: Path | None = None
    limit: int | None = Field(default=None, ge=1)
    seed: int = 0
    settings: Json = Field(default_factory=dict)
    grid: Grid


RESCORED = {"references", "negatives", "verify"}


def read_plan(path: Path) -> AblationPlan:
    """Read a plan from its file; paths in it are relative to the file's folder.

    Raises:
        WrongUse: no such file, no YAML, or a plan that does not make sense; the message names the field.
    """
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
        plan = AblationPlan.model_validate(value)
    except OSError as error:
        raise WrongUse(f"cannot read the plan {str(path)!r}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise WrongUse(f"the plan {str(path)!r} is not valid YAML: {format_error(error)}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise WrongUse(f"the plan {str(path)!r} is wrong at {where}: {first['msg']}; see docs/evaluation.md") from error
    plan.how = "rescore" if plan.rescore else "run"
    for name in ("rescore", "data"):
        given: Path | None = getattr(plan, name)
        if given is not None:
            setattr(plan, name, path.parent / given)
    _refuse_senseless(path, plan)
    return plan


def _refuse_senseless(path: Path, plan: AblationPlan) -> None:
    dimensions = {name for name, values in plan.grid if values is not None}
    if not dimensions:
        raise WrongUse(f"the plan {str(path)!r} has an empty grid; name for example: grid: {{verify: [top1, density]}}")
    if plan.how == "rescore" and not dimensions <= RESCORED:
        wrong = ", ".join(sorted(dimensions - RESCORED))
        raise WrongUse(f"the plan {str(path)!r} rescores, but {wrong} needs a new run; name benchmark and data instead")
    if plan.how == "run" and (plan.benchmark is None or plan.data is None):
        raise WrongUse(f"the plan {str(path)!r} names neither rescore: RUN nor benchmark: and data:")
