"""Public pages as documents: nothing loaded, nothing leaked, usable by everybody."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from bs4 import Tag

from api.services import Services
from tests.api.conftest import client_of
from tests.api.public.conftest import Browser, Page, Prospect
from tests.links import LINKS

ALL = ["answer", "answered", "wrong date", "unsubscribe", "unsubscribed", "policy", "broken"]


async def shown(name: str, browser: Browser, prospect: Prospect, services: Services) -> Page:
    match name:
        case "answer":
            return await browser.open(prospect.answer())
        case "answered":
            return await browser.press(await browser.open(prospect.answer("yes")), "Yes, let's talk")
        case "wrong date":
            return await browser.press(await browser.open(prospect.answer()), "Until that day", until="2020-01-01")
        case "unsubscribe":
            return await browser.open(prospect.unsubscribe)
        case "unsubscribed":
            return await browser.press(await browser.open(prospect.unsubscribe), "Unsubscribe")
        case "policy":
            version = (await services.policies.send(services.clock())).version
            return await browser.open(LINKS.policy("anna", version))
    return await browser.open(f"{LINKS.base_url}/u/broken")


@pytest.mark.parametrize("name", ALL)
async def test_a_page_lets_nothing_in_or_out(
    browser: Browser, prospect: Prospect, services: Services, name: str
) -> None:
    page = await shown(name, browser, prospect, services)
    style = page.soup.find("style")
    assert isinstance(style, Tag)
    digest = base64.b64encode(hashlib.sha256(style.get_text().encode()).digest()).decode()
    assert page.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers
    assert page.soup.find(["script", "link", "img", "iframe"]) is None
    assert page.soup.find(attrs={"style": True}) is None, "the policy would not let it through"


@pytest.mark.parametrize("name", ALL)
async def test_a_page_is_for_everybody(browser: Browser, prospect: Prospect, services: Services, name: str) -> None:
    page = await shown(name, browser, prospect, services)
    html = page.soup.find("html")
    assert isinstance(html, Tag)
    assert html["lang"] == "en"
    assert len(page.soup.find_all("main")) == len(page.soup.find_all("h1")) == 1
    assert "Example Company" in page.text
    assert "1 Main Street, Springfield, NY 10001" in page.text
    identifiers = [str(each["id"]) for each in page.soup.find_all(id=True)]
    assert len(identifiers) == len(set(identifiers))
    for field in page.soup.find_all("input", {"type": "date"}):
        assert page.soup.find("label", {"for": field["id"]}) is not None
    for named in page.soup.find_all(attrs={"aria-labelledby": True}):
        assert named["aria-labelledby"] in identifiers
    assert all(button.get_text(strip=True) for button in page.soup.find_all("button"))


@pytest.mark.parametrize("name", ["answer", "unsubscribe", "broken", "unsubscribed"])
async def test_what_the_company_is_called_comes_out_literally(
    services: Services, browser: Browser, prospect: Prospect, name: str
) -> None:
    company = replace(services.company, name="Bread & <b>Butter</b>", phone="+1 212 555 0100")
    async with client_of(replace(services, company=company), None) as client:
        page = await shown(name, Browser(client, browser.clock), prospect, services)
    assert "Bread & <b>Butter</b>" in page.text
    assert page.soup.find("b") is None


LUMINANCE = {"light": ":root {", "dark": "prefers-color-scheme: dark"}


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", LUMINANCE)
async def test_all_words_have_contrast_enough(
    browser: Browser, prospect: Prospect, scheme: str, record_property: Callable[[str, object], None]
) -> None:
    """WCAG 2.2 AA: 4.5 to 1 for words, 3 to 1 for the borders of buttons."""
    style = (await browser.open(prospect.answer())).soup.find("style")
    assert isinstance(style, Tag)
    colors = dict(
        re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", style.get_text().split(LUMINANCE[scheme])[1].split("}")[0])
    )
    pairs = [
        ("ink", "paper", 4.5),
        ("quiet", "ground", 4.5),
        ("strong", "paper", 4.5),
        ("on-strong", "strong", 4.5),
        ("ink", "note", 4.5),
        ("wrong", "paper", 4.5),
        ("line", "paper", 3),
    ]
    for ink, paper, least in pairs:
        bright, dim = sorted((_luminance(colors[ink]), _luminance(colors[paper])), reverse=True)
        contrast = (bright + 0.05) / (dim + 0.05)
        record_property(f"{ink} on {paper}", round(contrast, 2))
        assert contrast >= least, (ink, paper, contrast)
