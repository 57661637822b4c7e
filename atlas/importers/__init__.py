"""Readers of published gazetteers, one file a format; each yields `sextant.atlas.gazetteer.feature.Feature`."""
