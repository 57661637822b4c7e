"""The agent: state, settings, graph nodes, model calls, answers, budget, verification and recording of a run."""
