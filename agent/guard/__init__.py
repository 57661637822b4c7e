"""Guards: check claims against the tool log, quote untrusted text, detect prompt injection, compare metadata."""
