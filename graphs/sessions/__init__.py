"""Sessions: conversations on disk, their checkpoints and their locks."""
