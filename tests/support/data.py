"""Where the shared measurement data lies, when it does: tests use it and skip with a reason without it."""

from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
SHARED: Path | None = _FOLDER if _FOLDER.is_dir() else None

needs_shared_data = pytest.mark.skipif(SHARED is None, reason="the shared measurement data is not beside this checkout")
