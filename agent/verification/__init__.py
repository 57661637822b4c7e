"""Verification: weigh all candidates of a photo and say where it was taken, and how surely."""

from sextant.agent.verification.decision import Rival, Scored, Verdict
from sextant.agent.verification.pool import Candidate, Pool
from sextant.agent.verification.strategies import STRATEGIES, verify

__all__ = ["STRATEGIES", "Candidate", "Pool", "Rival", "Scored", "Verdict", "verify"]
