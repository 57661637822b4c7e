"""Model providers: one file per protocol."""
