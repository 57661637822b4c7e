"""Pure geography: distances, clusters, regions, borders, place names. Knows nothing of photos or models."""
