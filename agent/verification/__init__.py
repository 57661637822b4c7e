"""Weighing candidates: the pool, the strategies that score it, and the decision."""
