"""Run `python -m sextant.app` as `sextant`."""

from sextant.app.cli import main

if __name__ == "__main__":  # decode processes import this module again
    main()
