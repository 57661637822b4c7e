"""`python -m app` is `sextant`."""

from sextant.app.cli import main

if __name__ == "__main__":  # decode processes import this module again
    main()
