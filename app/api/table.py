"""`sextant.to_dataframe`: answers as a table."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sextant.app.api.answer import Answer
from sextant.base.errors import MissingPackage

if TYPE_CHECKING:
    import pandas as pd


def to_dataframe(answers: Iterable[Answer]) -> "pd.DataFrame":
    """Return a pandas table with one flat row for each photo; photos that failed have a row with their ``error``.

    Raises:
        MissingPackage: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingPackage(
            "to_dataframe needs pandas; install it with: pip install pandas, or use "
            "[answer.to_row() for answer in answers]"
        ) from error
    return pd.DataFrame([answer.to_row() for answer in answers])
