"""The message providers as an admin sees them: what each channel uses, and what the check of the accounts found."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.db.checks import CheckName, Checks
from adapters.db.senders import Senders
from adapters.providers.checks.dns_records import DnsRecords
from adapters.providers.checks.findings import Check, State
from leads.model import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelUse:
    """What a channel's messages go through."""

    channel: Channel
    provider: str
    """As alerts and the ledger name it."""
    is_local: bool
    """Nothing leaves this machine."""
    said: str
    """The same in words, with what is switched off."""
    per_second: float | None
    """At most so many in a second; None for no limit."""


@dataclass(frozen=True, slots=True)
class ProvidersChecked:
    """What a check of the providers found."""

    checked_at: datetime
    by: str
    checks: tuple[Check, ...]

    @property
    def to_do(self) -> int:
        """How many things somebody has to see to."""
        return sum(one.is_amiss for one in self.checks)


LookUp = Callable[[DnsRecords | None, Sequence[str], Sequence[str]], Awaitable[list[Check]]]
"""Asks the providers, read only; given the DNS records, and the addresses and numbers of all senders."""


class Providers:
    """What each channel uses, and whether its accounts fit our settings."""

    def __init__(
        self,
        uses: Sequence[ChannelUse],
        look_up: LookUp,
        senders: Senders,
        checks: Checks,
        clock: Callable[[], datetime],
    ) -> None:
        self.uses = tuple(uses)
        self._look_up = look_up
        self._senders = senders
        self._checks = checks
        self._clock = clock

    @property
    def all_local(self) -> bool:
        """Whether every message stays in the local outbox."""
        return all(use.is_local for use in self.uses)

    async def newest(self) -> ProvidersChecked | None:
        """What the newest check found, whoever asked for it; None when there was none yet."""
        kept = await self._checks.newest(CheckName.PROVIDERS)
        if kept is None:
            return None
        return ProvidersChecked(kept.checked_at, kept.by, tuple(map(_check, kept.found["checks"])))

    async def check(self, by: str, records: DnsRecords | None = None) -> ProvidersChecked:
        """Ask the providers what is missing; nothing is sent. It is kept until the next time.

        Args:
            records: the DNS records to check, too; None when none were given.
        """
        senders = [one for one in await self._senders.all(self._clock()) if one.active]
        of = {channel: [one.address for one in senders if one.channel is channel] for channel in Channel}
        found = await self._look_up(records, of[Channel.EMAIL], of[Channel.SMS])
        checked = ProvidersChecked(self._clock(), by, tuple(found))
        await self._checks.keep(
            CheckName.PROVIDERS, by, {"checks": [_document(one) for one in found]}, checked.checked_at
        )
        return checked


def _document(check: Check) -> dict[str, str]:
    return {"channel": check.channel, "what": check.what, "state": check.state.value, "note": check.note}


def _check(document: Mapping[str, Any]) -> Check:
    return Check(document["channel"], document["what"], State(document["state"]), document["note"])
