"""Geo-alignment: one space for images, positions and place texts (G3, phase 1)."""
