"""One run: its state, settings, nodes, models, answers, budget, verification and stores."""
