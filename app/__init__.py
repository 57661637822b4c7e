"""The faces of Sextant: the command line and the page."""
