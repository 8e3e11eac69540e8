"""What axe-core finds wrong with a page, in lines that say where."""

from typing import TYPE_CHECKING

from axe_playwright_python.async_playwright import Axe

if TYPE_CHECKING:
    from playwright.async_api import Page

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


async def too_wide(page: "Page") -> list[str]:
    """What stands out of the window on its right, once the page has settled: one would have to scroll sideways."""
    from playwright.async_api import TimeoutError as NeverSettled

    try:
        await page.wait_for_function(_FITS, timeout=_SETTLES_WITHIN)
    except NeverSettled:
        found: list[str] = await page.evaluate(_STANDING_OUT)
        return found or ["the page itself"]
    return []


def _why(node: dict[str, object]) -> str:
    return " ".join(str(node.get("failureSummary", "")).split())[:240]
