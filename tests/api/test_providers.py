"""The providers as an admin sees them: what was found is kept, and every sender in use is asked about."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.checks import Checks
from adapters.db.senders import Senders
from adapters.providers.checks.dns_records import DnsRecords
from adapters.providers.checks.findings import Check, State
from api.providers import Providers
from leads.model import Channel
from tests.clocks import SettableClock
from tests.sample import COMPANY

FOUND = [
    Check("email", "API key", State.OK, "SendGrid accepts it"),
    Check("DNS", "DMARC of acme.com", State.MISSING, "add: _dmarc.acme.com TXT"),
    Check("texts", "local outbox", State.UNUSED, "nothing is sent"),
]


class LookedUp:
    """Finds the same every time, and remembers what it was asked about."""

    def __init__(self) -> None:
        self.asked: list[tuple[DnsRecords | None, list[str], list[str]]] = []

    async def __call__(
        self, records: DnsRecords | None, addresses: Sequence[str], numbers: Sequence[str]
    ) -> list[Check]:
        self.asked.append((records, list(addresses), list(numbers)))
        return FOUND


async def test_what_a_check_found_is_there_for_the_next_one_who_looks(
    engine: AsyncEngine, shelf: CadenceShelf, clock: SettableClock
) -> None:
    senders, look_up = Senders(engine, COMPANY), LookedUp()
    await senders.add("anna@acme.com", Channel.EMAIL, clock())
    await senders.add("old@acme.com", Channel.EMAIL, clock())
    await senders.stop("old@acme.com")
    await senders.add("+12125550199", Channel.SMS, clock())
    providers = Providers([], look_up, senders, Checks(engine), clock)
    assert await providers.newest() is None

    records = DnsRecords.read("acme.com TXT v=spf1")
    checked = await providers.check("anna", records)
    assert look_up.asked == [(records, ["anna@acme.com"], ["+12125550199"])]
    assert (checked.to_do, list(checked.checks)) == (1, FOUND)

    clock.move_by(timedelta(hours=1))
    kept = await providers.newest()
    assert kept == checked
    assert kept.checked_at == clock() - timedelta(hours=1)
    assert (await providers.check("ben")).by == "ben"
    assert (await Providers([], look_up, senders, Checks(engine), clock).newest()) != checked
