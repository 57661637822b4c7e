"""`python -m app` is `sextant`."""

from app.cli import main

main()
