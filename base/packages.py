"""Packages that only some work needs: extras of the distribution, named where one is missing."""

from importlib.util import find_spec

from sextant.base.errors import MissingPackage


def is_installed(package: str) -> bool:
    """Return whether a package can be imported, without importing it."""
    try:
        return find_spec(package) is not None
    except ValueError:  # a module in sys.modules that has no spec
        return False


def require_package(package: str, purpose: str, extra: str) -> None:
    """Check that a package of an extra is installed, without importing it.

    Args:
        package: as it is imported.
        purpose: what needs it, as the beginning of a sentence.
        extra: of the distribution.

    Raises:
        MissingPackage: it is not; the message says how to install it.
    """
    if not is_installed(package):
        raise MissingPackage(f"{purpose} needs {package}; install it with: pip install 'sextant-geo[{extra}]'")
