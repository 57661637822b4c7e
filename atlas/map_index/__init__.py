"""The map index: tagged features and streets of OpenStreetMap extracts, one SQLite file for each extract."""
