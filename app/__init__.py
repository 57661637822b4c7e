"""The faces of Sextant: command line, terminal chat, page and exports."""
