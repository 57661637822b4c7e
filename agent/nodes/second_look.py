"""Read second looks: what the model said of the pictures of each leading place."""

from sextant.agent.answers import judgements
from sextant.agent.prompting.looked_places import list_letters
from sextant.agent.state import State
from sextant.agent.verification import Verdict
from sextant.agent.verification.pool import Judgement, read_judgements
from sextant.agent.verification.scoring.judgements import may_judge
from sextant.agent.verification.stopping_rule import sure_enough
from sextant.agent.world.deps import Deps
from sextant.base.documents.answer import JudgementDocument
from sextant.prompts.variants import load_variant


def is_planned(deps: Deps) -> bool:
    """Return whether later rounds of this run compare pictures, and the model's judgement weighs anything."""
    compares = any("exemplars" in load_variant(name).required for name in deps.recipe.later)
    return bool(
        deps.settings.second_look and compares and deps.recipe.verify == "calibrated" and may_judge(deps.settings.model)
    )


def is_worth_a_round(state: State, verdict: Verdict, deps: Deps) -> bool:
    """Return whether places are to be compared with pictures although no other call is worth its price.

    A second look adds more than a further answer (``python -m bench.street.second_look``), where the place is not sure.
    """
    sure = verdict.unanimous or sure_enough(verdict.probability)
    return state.get("round") == 1 and not sure and is_planned(deps)


def read_second_looks(state: State) -> dict[str, list[JudgementDocument]]:
    """Return the judgements of each branch that made some; the others are outcomes like any, such as failed ones."""
    found: dict[str, list[JudgementDocument]] = {}
    for name, turns in state.get("transcripts", {}).items():
        looked = state["branches"][name].get("looked")
        spoken = [turn for turn in turns if turn["role"] == "assistant" and "failure" not in turn]
        if not looked or not spoken:
            continue
        places = dict(zip(list_letters(looked), looked, strict=True))
        judged = judgements.read_judgements(spoken[-1]["content"], list(places))
        if judged:
            found[name] = [
                {
                    "latitude": places[one.letter]["latitude"],
                    "longitude": places[one.letter]["longitude"],
                    "judgement": one.likeness.value,
                    "why": one.why,
                    "call": name,
                    "evidence": places[one.letter]["sheet"],
                }
                for one in judged
            ]
    return found


def make_judgements(judged: dict[str, list[JudgementDocument]], model: str) -> tuple[Judgement, ...]:
    """Make what verification weighs of the judgements of all branches."""
    return read_judgements([one for said in judged.values() for one in said], model)
