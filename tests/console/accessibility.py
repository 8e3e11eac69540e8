"""What axe-core finds wrong with a page, in lines that say where."""

from typing import TYPE_CHECKING

from axe_playwright_python.async_playwright import Axe

if TYPE_CHECKING:
    from playwright.async_api import Page

GRAVE = frozenset({"serious", "critical"})
_MANY = 3
"""Places named of each kind of fault."""


async def faults(page: "Page") -> list[str]:
    """Everything serious or critical on a page as it is now; WCAG's rules to level AA, and axe's own."""
    found = (await Axe().run(page)).response["violations"]
    lines = []
    for violation in found:
        # A node's impact may be less than its rule's.
        grave = [node for node in violation["nodes"] if (node["impact"] or violation["impact"]) in GRAVE]
        lines += [f"{violation['id']}: {node['html'][:160]}: {_why(node)}" for node in grave[:_MANY]]
        if len(grave) > _MANY:
            lines.append(f"{violation['id']}: and {len(grave) - _MANY} more")
    return lines


async def overflow(page: "Page") -> int:
    """By how many pixels a page is wider than its window; somebody would have to scroll sideways to read."""
    wider: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider


def _why(node: dict[str, object]) -> str:
    return " ".join(str(node.get("failureSummary", "")).split())[:240]
