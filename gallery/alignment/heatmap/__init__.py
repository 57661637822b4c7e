"""Heat maps: where in the world a photo fits, by an aligned encoder."""
