"""The world behind a run's one door: photo, gallery, model, tools, clock."""
