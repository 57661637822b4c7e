"""The bottom room: errors, files, locks, arrays and the home folder. Imports nothing of Sextant."""
