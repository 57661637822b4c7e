"""The drawings of matched scenes, beside the photos of a session that is exported as a page."""

import base64

from sextant.agent.privacy.view import list_matches
from sextant.agent.recording.blobs import BlobMissing, BlobStore
from sextant.base.documents.session import MatchDrawing, SessionView, ShownPhoto

_MOST = 3  # of a photo: the surest matches


def attach_drawings(session: SessionView, blobs: BlobStore) -> SessionView:
    """Return the session with the drawings of both photos that share a scene; those withheld or pruned stay out."""
    return {**session, "photos": [_attach(photo, blobs) for photo in session["photos"]]}


def _attach(photo: ShownPhoto, blobs: BlobStore) -> ShownPhoto:
    if photo["status"] != "located":
        return photo
    drawings: list[MatchDrawing] = []
    for match in list_matches(photo["answer"]["candidates"])[:_MOST]:
        try:
            drawn = blobs.get(match["evidence"])
        except BlobMissing:
            continue
        jpeg = base64.b64encode(drawn).decode()
        drawings.append({"jpeg": jpeg, "inliers": match["inliers"], "probability": match["confidence"]})
    return {**photo, "drawings": drawings} if drawings else photo
