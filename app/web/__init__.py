"""The page: the same conversation over HTTP."""
