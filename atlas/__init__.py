"""Knowledge of the world besides photos: place names and their positions."""
