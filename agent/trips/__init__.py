"""Locate the photos of a trip together: what neighbours in time say about a photo."""
