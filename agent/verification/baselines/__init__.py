"""Baselines: verification without a fit (density, similarity, first answer)."""
