"""Scoring: the fitted scorer and what it sees of a pool."""
