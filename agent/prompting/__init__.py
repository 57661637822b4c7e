"""Prompt building: the opening message of a branch, fallbacks, and later rounds built from disagreement."""
