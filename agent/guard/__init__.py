"""Guards: claims checked against the tool log, untrusted text, file metadata."""
