"""Build and extend galleries."""
