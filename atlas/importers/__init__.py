"""Importers of published gazetteers, one file per format; each yields `Feature`."""
