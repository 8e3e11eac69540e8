"""What SendGrid, mailbox providers and Inbound Parse want of a domain's DNS records.

Sources: RFC 7208 (SPF), RFC 7489 (DMARC), Gmail's and Yahoo's rules for senders, SendGrid's domain authentication.
"""

import re
from collections.abc import Iterator, Sequence

from adapters.providers.checks.dns_records import DnsRecord, DnsRecords
from adapters.providers.checks.findings import Check, State

INBOUND_SERVER = "mx.sendgrid.net"
"""Where mail for Inbound Parse goes."""
_CHANNEL = "DNS"
_SENDGRID = "sendgrid.net"
_POLICIES = ("none", "quarantine", "reject")
_SELECTORS = ("s1", "s2")


def check_domain(records: DnsRecords, domain: str, wanted: Sequence[DnsRecord] | None) -> list[Check]:
    """Check the records of a domain that emails come from.

    Args:
        wanted: what SendGrid itself says the domain needs; None when it did not say.
    """
    checks = [_spf(records, domain)]
    checks += [_exact(records, each) for each in wanted] if wanted else list(_usual(records, domain))
    return [*checks, _dmarc(records, domain)]


def check_reply_domain(records: DnsRecords, domain: str) -> Check:
    """Check that the mail of the reply domain goes to Inbound Parse, and nowhere else."""
    what = f"MX of {domain}"
    servers = records.of(domain, "MX")
    if not servers:
        return Check(_CHANNEL, what, State.MISSING, f"add: {domain} MX 10 {INBOUND_SERVER}")
    others = [server for server in servers if server != INBOUND_SERVER]
    if others:
        note = f"it names {', '.join(others)}; replies are heard only where {INBOUND_SERVER} stands alone"
        return Check(_CHANNEL, what, State.WRONG, note)
    return Check(_CHANNEL, what, State.OK, INBOUND_SERVER)


def _spf(records: DnsRecords, domain: str) -> Check:
    what = f"SPF of {domain}"
    found = [text for text in records.of(domain, "TXT") if re.match(r"v=spf1(\s|$)", text, re.IGNORECASE)]
    if len(found) > 1:
        note = f"{len(found)} records that begin with v=spf1: then none counts; make them one"
        return Check(_CHANNEL, what, State.WRONG, note)
    if any(_is_return_path(each, domain) for each in records.beneath(domain, "CNAME")):
        return Check(_CHANNEL, what, State.OK, "SendGrid's return path has one of its own")
    if found and re.search(r"\binclude:sendgrid\.net\b", found[0], re.IGNORECASE):
        return Check(_CHANNEL, what, State.OK, found[0])
    if found:
        return Check(_CHANNEL, what, State.MISSING, "add include:sendgrid.net to it, or SendGrid's CNAME for its path")
    return Check(_CHANNEL, what, State.MISSING, "add the CNAME that SendGrid shows for its return path (em1234)")


def _usual(records: DnsRecords, domain: str) -> Iterator[Check]:
    """The DKIM records that SendGrid gives a domain, unless told otherwise."""
    for selector in _SELECTORS:
        name = f"{selector}._domainkey.{domain}"
        what = f"DKIM {selector}"
        found = records.of(name, "CNAME")
        if not found:
            note = f"add: {name} CNAME, with the value that SendGrid shows (Settings, Sender Authentication)"
            yield Check(_CHANNEL, what, State.MISSING, note)
        elif _is_sendgrids(found[0]):
            yield Check(_CHANNEL, what, State.OK, found[0])
        else:
            yield Check(_CHANNEL, what, State.WRONG, f"{name} leads to {found[0]}, which is not SendGrid's")


def _exact(records: DnsRecords, wanted: DnsRecord) -> Check:
    what = f"{wanted.kind} {wanted.name}"
    found = records.of(wanted.name, wanted.kind)
    if not found:
        return Check(_CHANNEL, what, State.MISSING, f"add: {wanted.name} {wanted.kind} {wanted.value}")
    if _comparable(wanted.value) in map(_comparable, found):
        return Check(_CHANNEL, what, State.OK, "as SendGrid wants it")
    return Check(_CHANNEL, what, State.WRONG, f"it is {found[0]}; SendGrid wants {wanted.value}")


def _dmarc(records: DnsRecords, domain: str) -> Check:
    what = f"DMARC of {domain}"
    # A domain without a record of its own has that of the organisation above it.
    labels = domain.split(".")
    for depth in range(len(labels) - 1):
        name = f"_dmarc.{'.'.join(labels[depth:])}"
        found = [text for text in records.of(name, "TXT") if re.match(r"v\s*=\s*DMARC1\b", text)]
        if len(found) > 1:
            return Check(_CHANNEL, what, State.WRONG, f"{len(found)} records at {name}: then none counts; keep one")
        if found:
            policy = re.search(r";\s*p\s*=\s*(\w+)", found[0])
            if policy is None or policy[1].lower() not in _POLICIES:
                return Check(_CHANNEL, what, State.WRONG, f"{name} has no policy: p=none, p=quarantine or p=reject")
            return Check(_CHANNEL, what, State.OK, f"p={policy[1].lower()}, at {name}")
    note = f'Gmail, Yahoo and Outlook want one of whoever sends much; add: _dmarc.{domain} TXT "v=DMARC1; p=none"'
    return Check(_CHANNEL, what, State.MISSING, note)


def _comparable(value: str) -> str:
    return re.sub(r"\s", "", value).rstrip(".")


def _is_return_path(record: DnsRecord, domain: str) -> bool:
    label = record.name.removesuffix(f".{domain.lower()}")
    return "." not in label and _is_sendgrids(record.value)


def _is_sendgrids(name: str) -> bool:
    return name == _SENDGRID or name.endswith(f".{_SENDGRID}")
