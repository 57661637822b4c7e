"""Training the alignment: data, loss, steps, checkpoints, progress."""
