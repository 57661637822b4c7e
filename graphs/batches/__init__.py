"""Run many photos through the graph: evaluations and libraries share this engine."""
