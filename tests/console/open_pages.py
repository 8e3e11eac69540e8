"""Pages that need no account: how one gets in, and what is opened by a link; an address for each."""

from collections.abc import Mapping

from api.console.door import SIGN_IN
from leads.links import WELCOME_PATH
from tests.console.prospect import Prospect
from tests.console.stage import Stage

NAMES = ("sign-in", "welcome", "yes", "later", "no", "unsubscribe", "meeting", "lead-form", "policy")
"""What their pictures are called."""


async def open_pages(stage: Stage) -> Mapping[str, str]:
    """The address of each by its name; a prospect comes in for it, and gets an email with the links."""
    services = stage.services
    prospect = await Prospect.of(stage)
    invitation = await services.accounts.invite("ben", "ada", stage.clock())
    policy = await services.policies.send(stage.clock())
    addresses = {
        "sign-in": f"{stage.url}{SIGN_IN}",
        "welcome": f"{stage.url}{WELCOME_PATH}/{invitation}",
        "yes": prospect.link("/yes"),
        "later": prospect.link("/later"),
        "no": prospect.link("/no"),
        "unsubscribe": prospect.link("/u/"),
        "meeting": prospect.meeting_link,
        "lead-form": f"{stage.url}/forms/contact",
        "policy": services.links.policy("anna", policy.version),
    }
    assert tuple(addresses) == NAMES
    return addresses
