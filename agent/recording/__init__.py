"""Recording and replay of a run's calls: cassette, content-addressed blobs, divergence."""
