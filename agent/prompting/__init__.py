"""Prompts: the opening message of a branch, and later rounds built from disagreement."""
