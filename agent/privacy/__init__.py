"""Privacy: the precision cap and the redacted view of an answer."""
