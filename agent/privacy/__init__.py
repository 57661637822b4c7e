"""Privacy: precision cap (coarsening, redaction) and the redacted view of an answer."""
