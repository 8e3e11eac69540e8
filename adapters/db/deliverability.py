"""The guard of sending domains: counts a day's messages when one of them bounces or is called spam, and pauses."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.alerts import AlertKind, raise_alert
from adapters.db.rows import SenderRow, SendingDomainRow, TouchRow
from cadences.deliverability import COUNTS_FOR, PAUSED_FOR, DayCounts, Standing, judge
from leads.clocks import on_clock
from leads.model import Channel, Company
from leads.sending import KNOWN_OUT
from leads.spans import day_begins, wall_clock

log = structlog.get_logger()


def domain_of(address: str) -> str:
    """The domain of an email address."""
    return address.rpartition("@")[2].lower()


async def judge_domain(
    connection: AsyncConnection, company: Company, sender: str, sent_at: datetime, now: datetime
) -> Standing:
    """How the domain of a sender stands, by all messages of the day on which one of them was sent.

    Called with the bounce or complaint already written in this transaction. Reports of one domain take turns, so that
    each one sees those before it.

    Returns:
        What was found; a pause and a warning are written down, with an alert.
    """
    if now - sent_at > COUNTS_FOR:
        return Standing.OK
    domain = domain_of(sender)
    await connection.execute(insert(SendingDomainRow).values(domain=domain).on_conflict_do_nothing())
    row = (
        await connection.execute(
            select(SendingDomainRow.paused_until).where(SendingDomainRow.domain == domain).with_for_update()
        )
    ).one()
    standing, why = judge(await _counts(connection, company, domain, sender, sent_at))
    if standing is Standing.OK:
        return standing
    values: dict[str, object] = {"warned_at": now} if standing is Standing.WARN else {}
    if standing is Standing.PAUSE:
        until = now + PAUSED_FOR
        newly = row.paused_until is None or row.paused_until <= now
        values = {"paused_until": until, "why": why, **({"paused_at": now} if newly else {})}
        why = f"{why}: its email is paused until {on_clock(until, ZoneInfo(company.zone))}"
        if newly:
            log.error("the email of a domain is paused", domain=domain)
    await connection.execute(update(SendingDomainRow).where(SendingDomainRow.domain == domain).values(values))
    if await raise_alert(connection, AlertKind.DOMAIN, domain, why, now) and standing is Standing.WARN:
        log.warning("a domain's email is complained about", domain=domain)
    return standing


async def _counts(
    connection: AsyncConnection, company: Company, domain: str, sender: str, sent_at: datetime
) -> DayCounts:
    """What became of the domain's messages of a day of the company's clock."""
    zone = ZoneInfo(company.zone)
    day = wall_clock(sent_at, zone).date()
    # By the addresses, which the index of touches has; an address that was taken away has no messages of these days.
    addresses = {sender, company.sender_email} | set(
        (
            await connection.execute(
                select(SenderRow.address).where(func.split_part(SenderRow.address, "@", 2) == domain)
            )
        ).scalars()
    )
    counted = (
        await connection.execute(
            select(
                func.count().filter(TouchRow.state.in_(KNOWN_OUT), TouchRow.bounced_at.is_(None)).label("delivered"),
                func.count(TouchRow.complained_at).label("complained"),
                func.count(TouchRow.bounced_at).label("bounced"),
            ).where(
                TouchRow.sender.in_([address for address in addresses if domain_of(address) == domain]),
                TouchRow.happened_at >= day_begins(day, zone),
                TouchRow.happened_at < day_begins(day + timedelta(days=1), zone),
                TouchRow.channel == Channel.EMAIL.value,
            )
        )
    ).one()
    return DayCounts(counted.delivered, counted.complained, counted.bounced)
