"""The mail that brings the policy to a colleague: what changed, where to acknowledge it, and the whole of it."""

from cadences.policy import Policy, difference
from leads.model import Company
from leads.staff_mails import plain

_FENCE = "~~~~"


def policy_mail(policy: Policy, company: Company, page: str, known: str | None) -> tuple[str, str]:
    """Subject and Markdown of the mail.

    Args:
        page: where the colleague acknowledges it.
        known: the text that the colleague acknowledged last; None when there is none.
    """
    asked = f"Please read it, and say so here: <{page}>"
    if known is None:
        words = f"This is how {plain(company.name)} follows up every lead, as it is really configured. {asked}"
        return f"How we follow up every lead (version {policy.version})", f"{words}\n\n---\n\n{policy.text}"
    changes = "\n".join(_FENCE if line == _FENCE else line for line in difference(known, policy.text).split("\n"))
    words = f"What you acknowledged before has changed; lines with - are gone, those with + are new. {asked}"
    parts = (words, f"{_FENCE}diff\n{changes}\n{_FENCE}", "---", policy.text)
    return f"How we follow up every lead has changed (version {policy.version})", "\n\n".join(parts)
