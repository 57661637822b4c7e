"""Whether two photos show the same scene, by local features and the geometry of two views."""
