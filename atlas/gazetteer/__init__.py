"""The gazetteers a person adds: sights, streets and places of the world in one SQLite file of the home."""
