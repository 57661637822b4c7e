"""Recording: the cassette of a run, its blobs, and where a replay diverges."""
