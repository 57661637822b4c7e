"""A message as it comes in: a multipart form, read no further than the limits, its photos kept by hash."""

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from sextant.app.web import schemas
from sextant.app.web.limits import Refused
from sextant.app.web.service import House
from sextant.app.web.uploads import display_name
from sextant.base.json_types import Json


async def read_form(request: Request, house: House) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """The fields and files of a multipart body, refused as soon as it is too large.

    Raises:
        Refused: too many bytes, files or characters, or not a form.
    """
    limits = house.limits
    most = limits.upload_bytes * 2 + 2**20
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > most:
        raise Refused(413, f"the message has {int(said) // 2**20} MB, more than {most // 2**20}; send fewer photos")

    async def body() -> AsyncGenerator[bytes, None]:
        read = 0
        async for chunk in request.stream():
            read += len(chunk)
            if read > most:
                raise Refused(413, f"the message has more than {most // 2**20} MB; send fewer photos")
            yield chunk

    parser = MultiPartParser(request.headers, body(), max_files=1000, max_fields=10, max_part_size=64 * 1024)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Refused(400, f"the message is no form: {error.message}") from error
    except KeyError as error:
        raise Refused(400, "the message is no multipart form with a boundary") from error
    try:
        uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if len(uploads) > limits.photos_a_message:
            most_photos = limits.photos_a_message
            raise Refused(
                413, f"{len(uploads)} photos are too many for one message; send at most {most_photos} at once"
            )
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        if len(fields.get("text", "")) > limits.text_characters:
            raise Refused(413, f"the text is longer than {limits.text_characters:,} characters; say it more shortly")
        files = [(display_name(upload.filename), await upload.read()) for upload in uploads]
    finally:
        await form.close()
    return fields, files


def keep_photos(files: list[tuple[str, bytes]], house: House) -> tuple[list[Json], list[schemas.Refusal]]:
    """The photos that can be used, kept by hash; and the others with the reason."""
    kept, refused = [], []
    for name, content in files:
        if len(content) > house.limits.upload_bytes:
            most = house.limits.upload_bytes // 2**20
            refused.append(schemas.Refusal(file=name, reason=f"has more than {most} MB; export it smaller"))
            continue
        reason = house.decoder.refusal(content)
        if reason:
            refused.append(schemas.Refusal(file=name, reason=reason))
        else:
            kept.append({"sha256": house.blobs.put(content), "file": name})
    return kept, refused
