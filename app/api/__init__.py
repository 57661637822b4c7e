"""The public Python API. `import sextant` offers its names and imports these files on first use."""
