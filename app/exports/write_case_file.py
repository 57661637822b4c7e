"""Write the case file of a session with everything that belongs to it."""

from sextant.app.exports.case_file import make_case_file
from sextant.app.exports.case_parts import Reader, gather_case_parts
from sextant.app.exports.match_drawings import attach_drawings
from sextant.base.documents.session import SessionView
from sextant.base.json_types import Json
from sextant.graphs.chat import ChatContext


def write_case_file(
    view: SessionView, stored: Json, context: ChatContext, read_reference: Reader, *, picture: bool = True
) -> str:
    """Write the case file of a session with all its parts; without ``picture``, nothing in it shows a photo of it.

    Arguments as of ``gather_case_parts``.
    """
    shown = attach_drawings(view, context.blobs) if picture else view
    return make_case_file(shown, gather_case_parts(view, stored, context, read_reference, picture=picture))
