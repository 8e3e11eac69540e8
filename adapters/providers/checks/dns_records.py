"""DNS records, read from text that somebody gives us: a zone file, what dig prints, or a list of name, type and value.

Nothing is looked up over the network.
"""

import re
from dataclasses import dataclass
from typing import Self

import dns.exception
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.zonefile

_ANY_TTL = 300
"""Seconds; the text may leave times out, and nothing depends on them."""
_OWNER = r"^(?P<owner>[^\s;]*[ \t]+(?:\d+[a-z]?[ \t]+)?(?:in[ \t]+)?(?:\d+[a-z]?[ \t]+)?)"
_BARE_TEXT = re.compile(_OWNER + r'txt[ \t]+(?P<text>[^"(\s][^"\n]*?)[ \t]*$', re.IGNORECASE | re.MULTILINE)
"""A text that nobody put quotation marks around, as hosters' pages show it."""
_SOA = re.compile(_OWNER + r"soa[ \t](?:[^(\n]*\([^)]*\)[^\n]*|[^\n]*)", re.IGNORECASE | re.MULTILINE)


class DnsTextError(ValueError):
    """The text can't be read; the message begins with its line."""


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A record; names are lower-case, without the dot at the end."""

    name: str
    kind: str
    """TXT, CNAME, MX and so on."""
    value: str
    """Of a text, all its strings as one; of an MX, the server alone."""


@dataclass(frozen=True, slots=True)
class DnsRecords:
    """All records of a text."""

    records: tuple[DnsRecord, ...]

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a text.

        Raises:
            DnsTextError: a line is no record.
        """
        manager = dns.zonefile.RRSetsReaderManager(dns.name.root, False, dns.rdataclass.IN)
        tokens = dns.tokenizer.Tokenizer(_tidied(text), "line")
        try:
            with manager.writer(True) as transaction:  # type: ignore[no-untyped-call]
                dns.zonefile.Reader(
                    tokens,
                    dns.rdataclass.IN,
                    transaction,
                    allow_directives=("$ORIGIN", "$TTL"),
                    default_ttl=_ANY_TTL,
                ).read()
        except (dns.exception.DNSException, ValueError) as error:
            raise DnsTextError(str(error).replace("line:", "line ", 1)) from error
        return cls(
            tuple(
                DnsRecord(_plain(each.name), dns.rdatatype.to_text(each.rdtype), _value(data))
                for each in manager.rrsets
                for data in each
            )
        )

    def of(self, name: str, kind: str) -> list[str]:
        """The values of one kind at a name."""
        wanted = name.lower().rstrip(".")
        return [each.value for each in self.records if each.name == wanted and each.kind == kind]

    def beneath(self, domain: str, kind: str) -> list[DnsRecord]:
        """The records of one kind at the names below a domain."""
        return [each for each in self.records if each.kind == kind and each.name.endswith(f".{domain.lower()}")]


def _tidied(text: str) -> str:
    """The text with quotation marks where they are wanted, and without SOA records, which belong to whole zones only.

    A name that is left out means the one before, so something stays in an SOA's place.
    """
    text = text.lstrip("\N{BYTE ORDER MARK}").replace("\r\n", "\n")
    without = _SOA.sub(lambda found: f'{found["owner"]}TXT "SOA"' + "\n" * found[0].count("\n"), text)
    return _BARE_TEXT.sub(lambda found: f'{found["owner"]}TXT "{found["text"]}"', without)


def _plain(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def _value(data: object) -> str:
    strings: tuple[bytes, ...] | None = getattr(data, "strings", None)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    target: dns.name.Name | None = getattr(data, "exchange", None) or getattr(data, "target", None)
    return _plain(target) if target is not None else str(data)
