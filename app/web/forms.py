"""Read a message from a multipart form, within the limits and into unnamed files."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from sextant.app.web import schemas
from sextant.app.web.limits import Limits, RequestRefused, Reserve
from sextant.app.web.service import SessionService
from sextant.app.web.uploads import make_display_name, read_content


@dataclass(frozen=True)
class Form:
    """The fields of a message, and its files: in memory while they are small, on disk without a name after that."""

    fields: dict[str, str]
    files: list[UploadFile]


@asynccontextmanager
async def read_form(request: Request, limits: Limits, reserve: Reserve) -> AsyncIterator[Form]:
    """Read a multipart body, refused as soon as it is too large; its files are gone when the block ends.

    Args:
        reserve: the bytes that all messages in progress share.

    Raises:
        Refused: too many bytes, files or characters, or not a form.
    """
    most = limits.upload_bytes * 2 + 2**20
    length = request.headers.get("content-length", "")
    expected = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else most
    if expected > most:
        raise RequestRefused(
            413, f"the message has {expected // 2**20} MB, more than {most // 2**20}; send fewer photos"
        )

    async def body() -> AsyncGenerator[bytes, None]:
        read = 0
        async for chunk in request.stream():
            read += len(chunk)
            if read > expected:
                raise RequestRefused(413, f"the message has more than {expected // 2**20} MB; send fewer photos")
            yield chunk

    with reserve.take(expected, "too many photos are being uploaded to this server; try again in a moment"):
        parser = MultiPartParser(request.headers, body(), max_files=1000, max_fields=10, max_part_size=64 * 1024)
        try:
            form = await parser.parse()
        except MultiPartException as error:
            raise RequestRefused(400, f"the message is not a valid form: {error.message}") from error
        except (KeyError, UnicodeDecodeError, LookupError) as error:
            raise RequestRefused(400, "the message is not a multipart form with a boundary") from error
        except OSError as error:
            raise RequestRefused(507, f"the server cannot store the message: {error.strerror}") from error
        try:
            uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
            fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
            check_form(fields, len(uploads), limits)
            yield Form(fields, uploads)
        finally:
            await form.close()


def check_form(fields: dict[str, str], photos: int, limits: Limits) -> None:
    """Check a form against the limits.

    Raises:
        Refused: too many photos, or too long a text.
    """
    most = limits.photos_a_message
    if photos > most:
        raise RequestRefused(413, f"{photos} photos are too many for one message; send at most {most} at once")
    if len(fields.get("text", "")) > limits.text_characters:
        raise RequestRefused(413, f"message too long (limit {limits.text_characters:,} characters)")


def select_usable_photos(
    files: list[UploadFile], service: SessionService
) -> tuple[list[UploadFile], list[schemas.Refusal]]:
    """Return the files that are photos, and the others with the reason; one at a time in memory, none stored."""
    usable, refused = [], []
    for upload in files:
        reason = find_refusal(upload, service)
        if reason:
            refused.append(schemas.Refusal(file=make_display_name(upload.filename), reason=reason))
        else:
            usable.append(upload)
    return usable, refused


def find_refusal(upload: UploadFile, service: SessionService) -> str | None:
    """Return why a file is not used; None when it is."""
    most = service.limits.upload_bytes
    if (upload.size or 0) > most:
        return f"has more than {most // 2**20} MB; export it smaller"
    return service.decoder.refusal(read_content(upload))
