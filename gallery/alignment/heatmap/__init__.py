"""Heat maps: where in the world a photo fits, by the aligned encoder."""
