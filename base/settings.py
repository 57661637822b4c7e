"""The settings of a run, each declared once: name, type, default, range, help, group, and who may change it.

Command-line options, ``--set``, ``--config``, environment variables, validation, records, what visitors of a server may
change, which recorded calls a fork makes again, and the table in docs/settings.md are all derived from this class.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, get_type_hints

from sextant.base.bounds import Bounds

Optimise = Literal["balanced", "street", "city", "country"]
"""The scale at which an answer is to be right most often."""
MOST = Bounds(1, 50)


class Group(StrEnum):
    """Headings under which options are shown."""

    MODEL = "Model"
    GALLERY = "Gallery"
    BUDGET = "Budget"
    PROMPTS = "Prompts"
    PRIVACY = "Privacy"
    OUTPUT = "Output"
    LIBRARY = "Whole library"


class Effect(StrEnum):
    """What a setting changes, and so what a fork that changes it does with recorded calls."""

    QUESTION = "question"  # it is part of the request to the model, which then differs by itself
    RECIPE = "recipe"  # which prompts are asked, and how their answers are pooled
    VERDICT = "verdict"  # how the pool is weighed
    BUDGET = "budget"  # when the run stops
    WORLD = "world"  # what the same request is answered: the calls in ``repeats`` are made again
    MANNER = "manner"  # where, how fast and by whose account, never what


@dataclass(frozen=True)
class Option:
    """All about a setting but its name, type and default.

    Attributes:
        help: one sentence; the default is added where it is shown.
        metavar: what stands for the value in help.
        bounds: of a number.
        default: what stands for a default of None in help.
        flag: the command line's option; None: by the setting's name. Without one the setting is changed with ``--set``.
        first: it stands among the options that matter first.
        visitors: a visitor of a server may change it in a fork.
        repeats: kinds of calls that a fork makes again when it changes the setting; ``search`` are the gallery tools.
        private: neither an option of the command line nor of files; it is set by the program.
    """

    help: str
    group: Group
    effect: Effect
    metavar: str | None = None
    bounds: Bounds | None = None
    default: str | None = None
    flag: str | Literal[False] | None = None
    first: bool = False
    visitors: bool = False
    repeats: frozenset[str] = frozenset()
    private: bool = False


_MODEL, _GALLERY, _BUDGET, _PROMPTS = Group.MODEL, Group.GALLERY, Group.BUDGET, Group.PROMPTS
_RETRIEVED = frozenset({"references", "search", "exemplars"})
_GALLERY_CALLS = frozenset({"references", "coverage", "positions", "search", "exemplars"})
_ONLINE_TOOLS = ("map_search", "map_around", "sights_near", "pictures_near", "web_search")


@dataclass(frozen=True)
class Settings:
    """Settings of one run. None means the preset's value, or no limit of that kind."""

    model: Annotated[
        str,
        Option(
            "offline, openai:NAME, ollama:NAME, anthropic:NAME, google_genai:NAME, mistralai:NAME, deepseek:NAME, "
            "groq:NAME, together:NAME or xai:NAME.",
            _MODEL,
            Effect.QUESTION,
            "SPEC",
            first=True,
        ),
    ] = "offline"
    base_url: Annotated[
        str | None, Option("URL of the model server, where it is not the provider's own.", _MODEL, Effect.MANNER, "URL")
    ] = None
    gallery: Annotated[
        str | None,
        Option(
            "Gallery to search.",
            _GALLERY,
            Effect.WORLD,
            "DIR",
            default="the only one under the home",
            first=True,
            repeats=_GALLERY_CALLS,
        ),
    ] = None
    encoder: Annotated[
        str | None,
        Option(
            "Require that the gallery was built with this encoder.",
            _GALLERY,
            Effect.WORLD,
            "SPEC",
            repeats=_GALLERY_CALLS,
        ),
    ] = None
    home: Annotated[
        str | None,
        Option("Folder for runs and galleries.", Group.OUTPUT, Effect.MANNER, "DIR", default="SEXTANT_HOME"),
    ] = None
    preset: Annotated[
        str | None,
        Option(
            "default, img2loc, g3, street-rag, offline, or a .yaml file.",
            _PROMPTS,
            Effect.RECIPE,
            "NAME",
            first=True,
            visitors=True,
        ),
    ] = None
    verify: Annotated[
        str | None,
        Option(
            "How candidates are weighed: calibrated, density, similarity, top1 or random.",
            _PROMPTS,
            Effect.RECIPE,
            "NAME",
            default="the preset's",
            visitors=True,
        ),
    ] = None
    fitted: Annotated[
        str | None,
        Option("Your own fitted verification model, for --verify calibrated.", _PROMPTS, Effect.VERDICT, "MODEL.json"),
    ] = None
    optimise: Annotated[
        Optimise,
        Option("Scale at which the answer is to be right most often.", _PROMPTS, Effect.VERDICT, visitors=True),
    ] = "balanced"
    gazetteer: Annotated[
        bool,
        Option(
            "Look named sights up in the gazetteers of the home.",
            _GALLERY,
            Effect.WORLD,
            default="whether the home has some",
            repeats=frozenset({"sight", "signs"}),
            private=True,
        ),
    ] = False
    signs: Annotated[
        bool,
        Option(
            "Look the text read in the photo up among places (off in runs recorded before this existed).",
            _GALLERY,
            Effect.WORLD,
            repeats=frozenset({"signs"}),
            private=True,
        ),
    ] = False
    scenes: Annotated[
        int,
        Option(
            "Number of similar photos to compare feature by feature with the photo (0: none).",
            _GALLERY,
            Effect.WORLD,
            "N",
            Bounds(0, 50),
            default="5 with the extra 'scene', else 0",
            repeats=frozenset({"scenes"}),
            flag="--compare-scenes",
        ),
    ] = 0
    second_look: Annotated[
        int,
        Option(
            "Number of leading places that a later round compares with pictures taken there (0: none).",
            _PROMPTS,
            Effect.RECIPE,
            "N",
            Bounds(0, 4),
            default="4 with a gallery or a picture service, else 0",
        ),
    ] = 0
    maps: Annotated[
        tuple[str, ...],
        Option(
            "Tools that look into the maps and gazetteers of the home.",
            _GALLERY,
            Effect.WORLD,
            default="those that the home has data for",
            repeats=frozenset({"map", "map_search", "map_around", "sights_near"}),
            private=True,
        ),
    ] = ()
    online: Annotated[
        tuple[str, ...],
        Option(
            "Open services to ask: overpass, nominatim, photon, wikipedia, commons, panoramax, mapillary, searxng=URL; "
            "each may be NAME=URL. They are told positions and names, never the photo.",
            Group.PRIVACY,
            Effect.WORLD,
            "A,B,…",
            default="none",
            repeats=frozenset({*_ONLINE_TOOLS, "exemplars"}),
        ),
    ] = ()
    mcp: Annotated[
        str | None,
        Option(
            "File of your own MCP servers and the tools of theirs that the model may call; see the guide Tools.",
            Group.PRIVACY,
            Effect.WORLD,
            "FILE.json",
            default="none",
            repeats=frozenset({"mcp"}),
        ),
    ] = None
    max_calls: Annotated[
        int | None,
        Option(
            "Maximum number of model calls.", _BUDGET, Effect.BUDGET, "N", Bounds(1, 10_000),
            default="the preset's", visitors=True,
        ),
    ] = None  # fmt: skip
    max_tokens: Annotated[
        int | None,
        Option(
            "Maximum number of tokens, input plus output.", _BUDGET, Effect.BUDGET, "N", Bounds(0, 10**12, above=True),
            visitors=True,
        ),
    ] = None  # fmt: skip
    max_seconds: Annotated[
        float | None,
        Option(
            "Maximum wall-clock time, in seconds.", _BUDGET, Effect.BUDGET, "S", Bounds(0, 10**7, above=True),
            visitors=True,
        ),
    ] = None  # fmt: skip
    max_usd: Annotated[
        float | None,
        Option(
            "Maximum cost in US dollars.", _BUDGET, Effect.BUDGET, "X", Bounds(0, 10**7, above=True),
            first=True, visitors=True,
        ),
    ] = None  # fmt: skip
    max_rounds: Annotated[
        int | None,
        Option(
            "Maximum number of prompt rounds.", _BUDGET, Effect.BUDGET, "N", Bounds(1, 100),
            default="the preset's", visitors=True,
        ),
    ] = None  # fmt: skip
    max_tool_turns: Annotated[
        int | None,
        Option(
            "Maximum number of turns with tool calls in a branch.", _BUDGET, Effect.RECIPE, "N", Bounds(0, 50),
            default="the preset's", flag=False, visitors=True,
        ),
    ] = None  # fmt: skip
    max_output_tokens: Annotated[
        int,
        Option(
            "Length of one answer in tokens, where the preset does not say.", _BUDGET, Effect.QUESTION, "N",
            Bounds(1, 1_000_000), flag=False, visitors=True,
        ),
    ] = 1500  # fmt: skip
    hint: Annotated[
        str | None,
        Option("What you know of the photo, such as a decade or a region; quoted to the model.", _PROMPTS,
               Effect.QUESTION, "TEXT"),
    ] = None  # fmt: skip
    within: Annotated[
        str | None,
        Option(
            "Area in which the photo certainly lies: a country (FR), a box south,west,north,east, or a GeoJSON file.",
            _GALLERY, Effect.WORLD, "AREA", repeats=_RETRIEVED | {"scenes"},
        ),
    ] = None  # fmt: skip
    temperature: Annotated[
        float | None,
        Option(
            "Sampling temperature of every prompt.", _PROMPTS, Effect.RECIPE, "T", Bounds(0, 2),
            default="the preset's", visitors=True,
        ),
    ] = None  # fmt: skip
    samples: Annotated[
        int | None,
        Option(
            "Answers to request per prompt.", _PROMPTS, Effect.RECIPE, "N", MOST,
            default="the preset's", visitors=True,
        ),
    ] = None  # fmt: skip
    keep_samples: Annotated[
        int | None,
        Option(
            "Answers of each prompt that are weighed.", _PROMPTS, Effect.RECIPE, "N", MOST,
            default="all", flag=False, visitors=True,
        ),
    ] = None  # fmt: skip
    nearest: Annotated[
        int | None,
        Option(
            "Number of similar photos listed in a prompt.", _GALLERY, Effect.RECIPE, "N", Bounds(0, 50),
            default="the prompt's", visitors=True,
        ),
    ] = None  # fmt: skip
    farthest: Annotated[
        int | None,
        Option(
            "Number of dissimilar photos listed in a prompt.", _GALLERY, Effect.RECIPE, "N", Bounds(0, 50),
            default="the prompt's", visitors=True,
        ),
    ] = None  # fmt: skip
    tools: Annotated[
        tuple[str, ...] | None,
        Option(
            "Tools the model may call, or 'all' or 'none'.", _PROMPTS, Effect.RECIPE, "A,B,…",
            default="the preset's", visitors=True,
        ),
    ] = None  # fmt: skip
    variants: Annotated[
        tuple[str, ...] | None,
        Option(
            "Prompts of the first round.", _PROMPTS, Effect.RECIPE, "A,B,…",
            default="the preset's", flag=False, visitors=True,
        ),
    ] = None  # fmt: skip
    later: Annotated[
        tuple[str, ...] | None,
        Option(
            "Prompts of later rounds.", _PROMPTS, Effect.RECIPE, "A,B,…",
            default="the preset's", flag=False, visitors=True,
        ),
    ] = None  # fmt: skip
    exclude_author: Annotated[
        bool,
        Option(
            "Exclude this photo and other photos by the same photographer.", _GALLERY, Effect.WORLD,
            visitors=True, repeats=_RETRIEVED,
        ),
    ] = False  # fmt: skip
    without_authors: Annotated[
        tuple[str, ...],
        Option(
            "Exclude this photographer's gallery photos (repeatable).", _GALLERY, Effect.WORLD, "NAME",
            flag="--without-author", visitors=True, repeats=_RETRIEVED,
        ),
    ] = ()  # fmt: skip
    exclude_duplicates: Annotated[
        bool,
        Option("Exclude near-duplicates of this photo.", _GALLERY, Effect.WORLD, visitors=True, repeats=_RETRIEVED),
    ] = False
    price: Annotated[
        str | None,
        Option(
            "Price in dollars per million tokens, if the model is not in the price list.", _BUDGET, Effect.WORLD,
            "IN/OUT", repeats=frozenset({"price"}),
        ),
    ] = None  # fmt: skip
    image_side: Annotated[
        int | None,
        Option(
            "Longest side sent, in pixels.", Group.PRIVACY, Effect.WORLD, "N", Bounds(1, 16_384),
            default="1024", repeats=frozenset({"photo"}),
        ),
    ] = None  # fmt: skip
    image_quality: Annotated[
        int,
        Option(
            "JPEG quality of the image sent, 1 to 95.", Group.PRIVACY, Effect.WORLD, "N", Bounds(1, 95),
            repeats=frozenset({"photo"}),
        ),
    ] = 85  # fmt: skip
    image_detail: Annotated[
        Literal["low", "high", "auto"] | None,
        Option("OpenAI's image detail level.", Group.PRIVACY, Effect.QUESTION, visitors=True),
    ] = None
    timeout_seconds: Annotated[
        float,
        Option(
            "Timeout per model call, in seconds.", _MODEL, Effect.MANNER, "S", Bounds(0, 86_400, above=True),
            flag="--timeout",
        ),
    ] = 120.0  # fmt: skip
    retries: Annotated[
        int,
        Option("Attempts after a model call that failed.", _MODEL, Effect.MANNER, "N", Bounds(0, 100), flag=False),
    ] = 4
    concurrency: Annotated[
        int, Option("Maximum simultaneous model calls.", _MODEL, Effect.MANNER, "N", Bounds(1, 1024))
    ] = 8
    requests_per_minute: Annotated[
        float | None,
        Option(
            "Maximum model calls per minute (rate limit).", _MODEL, Effect.MANNER, "N",
            Bounds(0, 1_000_000, above=True),
        ),
    ] = None  # fmt: skip
    num_ctx: Annotated[
        int | None,
        Option(
            "Context length to request from Ollama.", _MODEL, Effect.WORLD, "N", Bounds(1, 100_000_000),
            repeats=frozenset({"model"}),
        ),
    ] = None  # fmt: skip
    seed: Annotated[
        int,
        Option(
            "Random seed (also sent to models that support one).", _PROMPTS, Effect.QUESTION, "N",
            Bounds(-(2**63), 2**63 - 1), visitors=True,
        ),
    ] = 0  # fmt: skip
    run: Annotated[str | None, Option("Name of the run.", Group.OUTPUT, Effect.MANNER, private=True)] = None


@cache
def list_options() -> Mapping[str, Option]:
    """Return what is declared of each setting, by name, in order."""
    hints = get_type_hints(Settings, include_extras=True)
    return {item.name: hints[item.name].__metadata__[0] for item in fields(Settings)}


@cache
def list_types() -> Mapping[str, Any]:
    """Return the type of each setting, by name."""
    hints = get_type_hints(Settings)
    return {item.name: hints[item.name] for item in fields(Settings)}


@cache
def list_bounds() -> Mapping[str, Bounds]:
    """Return the range of every number, by name."""
    return {name: option.bounds for name, option in list_options().items() if option.bounds is not None}


def list_defaults() -> Mapping[str, Any]:
    """Return the default of each setting, by name."""
    return {item.name: item.default for item in fields(Settings)}


def list_names(*, private: bool = False) -> list[str]:
    """List the settings, in order; those that only the program sets are left out unless ``private``."""
    return [name for name, option in list_options().items() if private or not option.private]


def format_option(name: str) -> str:
    """Return how the command line spells a setting: its option, else ``--set NAME``."""
    flag = list_options()[name].flag
    if flag is False:
        return f"--set {name}"
    return flag or "--" + name.replace("_", "-")
