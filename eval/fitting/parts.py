"""Parts of verification that an ablation can leave out of a fit, beside the groups of the scorer's features."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

from sextant.agent.verification.scoring.features import GROUPS
from sextant.eval.fitting.profiles import with_profiles
from sextant.eval.fitting.recorded import Record
from sextant.gallery.profile import WEAK

Part = Literal["profile", "classes", "self_agreement"]
"""profile: every gallery counts as weak. classes: every model that was not recorded counts as middling.
self_agreement: a model's replies count as its best one alone, whether or not the others agree."""
PARTS: tuple[str, ...] = get_args(Part)
PARTS_AND_GROUPS = (*PARTS, *GROUPS)


def give_profiles(records: Sequence[Record], without: Sequence[str] = ()) -> list[Record]:
    """Give each record its retrieval profile (see `with_profiles`), or the weak one where profiles are left out."""
    if "profile" not in without:
        return with_profiles(records)
    return [replace(record, profile=WEAK) if record.nearest else record for record in records]
