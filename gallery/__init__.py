"""The photo database: opening photos, encoders, sources, the LanceDB store and its searches."""
