"""Added gazetteers: sights, streets and places in one SQLite file of the home."""
