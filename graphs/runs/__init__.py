"""Runs: recorded once, then replayed, forked, resumed, compared and archived."""
