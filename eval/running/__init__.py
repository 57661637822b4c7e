"""Run evaluations: records, progress, spend limit, shards, ablations."""
