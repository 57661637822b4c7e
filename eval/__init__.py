"""Scripted evaluation: benchmarks, metrics, runner, reports, comparison."""
