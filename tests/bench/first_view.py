"""How soon somebody sees a page of the console with 200,000 leads in the database, in a real Chromium."""

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from playwright.async_api import async_playwright

from adapters.db.sessions import Sessions
from leads.model import Colleague, Role
from tests.bench.many_leads import REPS, fill, lead_number
from tests.bench.options import Options
from tests.bench.quantiles import quantile
from tests.bench.stage import Installation, installation
from tests.console.browser import started
from tests.console.chromium import WAY_OUT, ThisMachine, found

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium

_MANAGER = "manager"
_REP = "rep11"
"""Owner of every 40th lead, from the eleventh on; each of them has an open task."""
_TO_ANSWER = "update tasks set kind = 'reply', opens_at = now() - interval '1 hour' where state = 'open'"
"""A call may not be made at any hour of any day."""
_WAITS = 30_000
"""Milliseconds; whoever waits longer has left."""


async def first_view(options: Options) -> dict[str, Any]:
    """Seconds from an address to what it is about, with nothing in the browser's cache; the slowest page's p95."""
    path = found(ThisMachine())
    if path is None:
        raise RuntimeError(WAY_OUT)
    leads, views = options.of(200_000, 2_000), options.of(12, 3)
    chance = random.Random(20_35)
    shown: dict[str, tuple[Callable[[], str], str, str]] = {
        "today": (lambda: "/today", _REP, ".ft-name"),
        "lead": (lambda: f"/leads/{lead_number(11 + REPS * chance.randrange(leads // REPS))}", _REP, ".ft-name"),
        "leads": (lambda: "/leads", _MANAGER, "tbody .ft-lead-link"),
        "figures": (lambda: "/figures", _MANAGER, ".ft-figure-value"),
        "lead map": (lambda: "/lead-map", _MANAGER, "canvas, svg text"),
    }
    async with installation() as engine, engine.web():
        filled = await fill(engine, leads, options)
        manager = Colleague(_MANAGER, "Mia Manager", role=Role.MANAGER)
        await engine.foundation.people.add([manager], engine.foundation.clock())
        await engine.run(_TO_ANSWER)
        async with async_playwright() as playwright:
            chromium = await started(playwright, path)
            took = {
                name: [await _seen(engine, chromium, address(), who, what) for _ in range(views)]
                for name, (address, who, what) in shown.items()
            }
            await chromium.close()
    for name, values in took.items():
        at_first, p50, p95 = values[0], quantile(values, 0.5), quantile(values, 0.95)
        options.say(f"{name}: {at_first:.2f} s at first, {p50:.2f} s (p50), {p95:.2f} s (p95)")
    return {
        "first_view_p95_s": max(quantile(values, 0.95) for values in took.values()),
        "details": {
            "views_each": views,
            "pages": {
                name: {
                    "first_s": round(values[0], 3),
                    "p50_s": round(quantile(values, 0.5), 3),
                    "p95_s": round(quantile(values, 0.95), 3),
                }
                for name, values in took.items()
            },
            "rows": filled["rows"],
        },
    }


async def _seen(engine: Installation, chromium: "Chromium", path: str, who: str, what: str) -> float:
    """Seconds until what a page is about is seen, in a profile of its own."""
    foundation, url = engine.foundation, f"http://127.0.0.1:{engine.web_port}"
    session = await Sessions(foundation.engine).begin(who, "password", "bench", foundation.clock())
    profile = await chromium.new_context(viewport={"width": 1280, "height": 900})
    await profile.add_cookies([{"name": "followthrough", "value": session, "url": url}])
    page = await profile.new_page()
    asked = time.monotonic()
    await page.goto(f"{url}/console{path}", wait_until="commit")
    await page.locator(what).first.wait_for(timeout=_WAITS)
    took = time.monotonic() - asked
    await profile.close()
    return took
