"""The differences between two runs, and the reply to a fork of one."""

from typing_extensions import TypedDict

from sextant.base.documents.answer import BestPlace, Probability, SpentSummary


class ComparedCandidate(TypedDict):
    """A candidate of one run or of both: its source, its position in degrees, its score or both scores."""

    origin: str | None
    id: str | None
    variant: str | None
    latitude: float | None
    longitude: float | None
    score: float | list[float]


class ComparedCandidates(TypedDict):
    """Candidates of the second run alone, of the first alone, and those whose score changed, most changed first."""

    gained: list[ComparedCandidate]
    lost: list[ComparedCandidate]
    reweighted: list[ComparedCandidate]


class FirstDifference(TypedDict):
    """The first step that differs: where in its change, and in words."""

    step: int
    node: str
    branch: str | None
    where: str
    words: str


class RunComparison(TypedDict):
    """What differs between two runs; ``moved_km`` is None where one has no place."""

    runs: list[str]
    best: list[BestPlace | None]
    moved_km: float | None
    stop: list[str | None]
    spent: list[SpentSummary | None]
    candidates: ComparedCandidates
    settings: dict[str, str]
    first_step: FirstDifference | None


class ForkedAnswer(TypedDict):
    """What a fork answers, in short."""

    best: BestPlace | None
    probability: Probability
    stop: str
    spent: SpentSummary


class ToldFork(TypedDict):
    """A fork's answer in words, and how far it moved from its parent's."""

    headline: str
    position: str
    moved: str


class ToldRunFork(TypedDict):
    """A fork of a run: what it changed, what it answers, how far that moved, and the edited prompts as YAML by id."""

    run: str
    changes: list[str]
    headline: str
    moved: str
    prompts: dict[str, str]


class ForkReply(TypedDict):
    """The fork's run, its answer, and what differs from its parent."""

    run: str
    answer: ForkedAnswer
    told: ToldFork
    difference: RunComparison
