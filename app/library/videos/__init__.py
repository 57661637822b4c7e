"""Videos in a library: a clip becomes frames, one for each scene, which are located together."""
