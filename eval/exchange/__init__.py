"""Evaluations that travel: Inspect logs, and tables with a row for each photo."""
