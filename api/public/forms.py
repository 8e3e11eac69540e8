"""What a form of a public page posts: a few short fields, urlencoded or multipart."""

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import FormData, Headers
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from api.webhooks.door import read_body

LONGEST_FORM = 16 * 1024
"""Bytes."""
_MOST_FIELDS = 20


async def read_form(request: Request, longest: int = LONGEST_FORM, most_fields: int = _MOST_FIELDS) -> FormData:
    """The fields of a posted form; none, when the body is no form.

    Args:
        longest: bytes.

    Raises:
        HTTPException: 413, it is too long; 400, the caller went away before its end.
    """
    body = await read_body(request, longest)
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _storable(await _urlencoded(request.headers, body, most_fields))
    if kind == "multipart/form-data":
        return _storable(await _multipart(request.headers, body, most_fields))
    return FormData()


async def _urlencoded(headers: Headers, body: bytes, most_fields: int) -> FormData:
    try:
        return await FormParser(headers, _stream(body), max_fields=most_fields).parse()
    except MultiPartException:
        return FormData()


async def _multipart(headers: Headers, body: bytes, most_fields: int) -> FormData:
    try:
        # Our forms have no files, and no mailbox posts one.
        return await MultiPartParser(headers, _stream(body), max_files=0, max_fields=most_fields).parse()
    except (MultiPartException, KeyError, ValueError):
        return FormData()


def _storable(form: FormData) -> FormData:
    """The same without what PostgreSQL does not take: NUL, and the lone surrogates to which some of the charsets that a
    caller may name (UTF-7) decode."""
    return FormData(
        [(_replaced(name), _replaced(text)) for name, text in form.multi_items() if isinstance(text, str)],
    )


def _replaced(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


async def _stream(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
