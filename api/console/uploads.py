"""Files that a page's browser sends: NiceGUI takes them at an address among its scripts, where nobody is asked."""

import re

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

from api.file_imports import LONGEST
from leads.links import CONSOLE_PATH

_ADDRESS = re.compile(rf"{CONSOLE_PATH}/_nicegui/client/([^/]+)/")
_WRAPPING = 64 * 1024
"""Bytes that a form may add to the file in it."""


def page_of_upload(scope: Scope) -> str | None:
    """The id of the page that a request sends something to; None: it sends nothing to one."""
    if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
        return None
    found = _ADDRESS.match(scope["path"])
    return found[1] if found else None


def too_long_an_upload(scope: Scope) -> Response | None:
    """Why a file is not taken, before a byte of it is read; None: it is, or there is none."""
    if page_of_upload(scope) is None:
        return None
    announced = Headers(scope=scope).get("content-length", "")
    if not announced.isdecimal():
        return PlainTextResponse("Say how long the file is.", 411, {"Connection": "close"})
    if int(announced) > LONGEST + _WRAPPING:
        return PlainTextResponse(f"The file is longer than {LONGEST >> 20} MB.", 413, {"Connection": "close"})
    return None
