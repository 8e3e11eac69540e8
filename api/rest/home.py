"""The page at the root: whoever opens our address in a browser learns what runs here, and where to look."""

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

COMMANDS = {
    "follow leads": "the newest leads: what comes next for each, when, and why then",
    "follow lead ID": "one lead with everything that happened",
    "follow tasks": "what there is to do for our people",
    "follow outbox": "the messages that would have gone out",
    "follow status": "how many of everything there are",
    "follow --help": "all that there is",
}
"""The commands that show what there is."""


@router.get("/", response_class=HTMLResponse)
async def home(request: Request) -> HTMLResponse:
    """Say that we run, and where to look; nothing is loaded from anywhere."""
    document = escape(str(request.app.openapi_url))
    rows = "".join(f"<dt><code>{escape(name)}</code></dt><dd>{escape(what)}</dd>" for name, what in COMMANDS.items())
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Followthrough</title></head><body>'
        "<h1>Followthrough is running</h1>"
        '<p><a href="/console/">Open the console</a>: where people work. The first admin signs in by the link that '
        "<code>follow up</code> prints.</p>"
        f'<p>Programs talk to it over REST: <a href="{document}">the OpenAPI document</a> names every call. '
        "Calls need an API token; <code>follow token NAME</code> makes one. "
        '<a href="/readyz">/readyz</a> says whether everything is there.</p>'
        f"<p>What there is, at the command line:</p><dl>{rows}</dl></body></html>",
        headers={"Content-Security-Policy": "default-src 'none'"},
    )
