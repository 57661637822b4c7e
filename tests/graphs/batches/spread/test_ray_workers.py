"""What `--engine ray` refuses; two workers of a real cluster are in tests/adversary/test_killed_worker.py."""

from pathlib import Path

import pytest

from sextant.agent.settings import Settings
from sextant.base.errors import WrongUse
from sextant.graphs.batches.order import BatchOrder
from sextant.graphs.batches.spread.ray_workers import RayWorkers


def test_a_spending_limit_is_refused_before_a_cluster_is_started():
    with pytest.raises(WrongUse, match="--max-usd"):
        RayWorkers(BatchOrder(Settings(), Path("records"), max_usd=1.0, workers=True), None)
