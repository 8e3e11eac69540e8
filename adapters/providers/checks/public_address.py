"""Whether providers and prospects can reach an address of ours, as far as the address itself tells."""

import ipaddress
from urllib.parse import urlsplit

from adapters.providers.checks.findings import Check, State

_CHANNEL = "web"
_WHAT = "public address"
_NOWHERE = ("localhost", "local", "localdomain", "internal", "lan", "home", "corp", "test", "invalid", "example")
"""Endings of names that no provider can look up (RFC 2606, RFC 6761, and what offices call their networks)."""


def check_public_url(url: str | None) -> Check:
    """Whether the address is one that others can reach, by https.

    Args:
        url: as set; None when it is not.
    """
    if url is None:
        todo = "links and webhooks need it: set FOLLOW_PUBLIC_URL to the https:// address of your proxy"
        return Check(_CHANNEL, _WHAT, State.MISSING, todo)
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not _is_public(host):
        todo = f"{host} is reached from your own network only; FOLLOW_PUBLIC_URL must be reached from everywhere"
        return Check(_CHANNEL, _WHAT, State.WRONG, todo)
    if parts.scheme != "https":
        todo = f"{url} is not encrypted; put a proxy that speaks TLS before the web server, and write https://"
        return Check(_CHANNEL, _WHAT, State.WRONG, todo)
    return Check(_CHANNEL, _WHAT, State.OK, url)


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.rstrip(".").lower()
        return "." in name and name.rpartition(".")[2] not in _NOWHERE
