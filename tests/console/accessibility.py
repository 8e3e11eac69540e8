"""What axe-core finds wrong with a page, in lines that say where."""

import re
from typing import TYPE_CHECKING

from axe_playwright_python.async_playwright import Axe

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

GRAVE = frozenset({"serious", "critical"})
_FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
_STANDING_OUT = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = element =>
    element && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
  return [...document.querySelectorAll("main *")]
    .filter(element => element.getBoundingClientRect().right > width + 1 && !scrolls(element.parentElement))
    .slice(0, 5)
    .map(element => element.outerHTML.slice(0, 160));
}"""
_OUT_OF_ITS_BOX = """() => [...document.querySelectorAll("main *")]
  .filter(element => {
    const style = getComputedStyle(element);
    const block = !style.display.startsWith("inline") && style.visibility !== "hidden";
    return block && element.checkVisibility() && !(element instanceof SVGElement) && style.overflowX === "visible"
      && element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1;
  })
  .slice(-5)
  .map(element => element.outerHTML.slice(0, 160));
"""
_SIDEWAYS = """() => [...document.querySelectorAll("main *")]
  .filter(element => ["auto", "scroll"].includes(getComputedStyle(element).overflowX)
    && element.scrollWidth > element.clientWidth + 1)
  .map(element => element.outerHTML.slice(0, 160));
"""
_SETTLES_WITHIN = 10_000
"""Milliseconds."""
_MANY = 3
"""Places named of each kind of fault."""


async def faults(page: "Page", dialog: str | None = None) -> list[str]:
    """Everything serious or critical on a page as it is now; WCAG's rules to level AA, and axe's own.

    Args:
        dialog: a selector of the dialog that is open, to look at that only; axe takes the shade behind it for what
            its words stand on, so that colours are not asked for there.
    """
    options = {"rules": {"color-contrast": {"enabled": False}}} if dialog else None
    found = (await Axe().run(page, context=dialog, options=options)).response["violations"]
    lines = []
    for violation in found:
        # A node's impact may be less than its rule's.
        grave = [node for node in violation["nodes"] if (node["impact"] or violation["impact"]) in GRAVE]
        lines += [f"{violation['id']}: {node['html'][:160]}: {_why(node)}" for node in grave[:_MANY]]
        if len(grave) > _MANY:
            lines.append(f"{violation['id']}: and {len(grave) - _MANY} more")
    return lines


async def is_marked(field: "Locator", words: str) -> None:
    """It is said at this field what is wrong with it, to whoever sees the page and to whoever hears it."""
    from playwright.async_api import expect

    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(re.compile(re.escape(words)))
    await expect(field.page.get_by_role("alert").filter(has_text=words)).to_be_visible()


async def too_wide(page: "Page") -> list[str]:
    """What stands out of the window on its right, once the page has settled: one would have to scroll sideways."""
    from playwright.async_api import TimeoutError as NeverSettled

    try:
        await page.wait_for_function(_FITS, timeout=_SETTLES_WITHIN)
    except NeverSettled:
        found: list[str] = await page.evaluate(_STANDING_OUT)
        return found or ["the page itself"]
    return []


async def out_of_its_box(page: "Page") -> list[str]:
    """What is wider than the part of the page it stands in, and runs over whatever is beside that."""
    found: list[str] = await page.evaluate(_OUT_OF_ITS_BOX)
    return found


async def to_be_scrolled_sideways(page: "Page") -> list[str]:
    """Parts of the page of which one sees all only by scrolling them sideways."""
    found: list[str] = await page.evaluate(_SIDEWAYS)
    return found


def _why(node: dict[str, object]) -> str:
    return " ".join(str(node.get("failureSummary", "")).split())[:240]
