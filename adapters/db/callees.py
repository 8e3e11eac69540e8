"""Leads as far as calls are concerned, read beside whatever else a query is about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Column, ColumnElement, DateTime, bindparam, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.cadences import CadenceShelf
from adapters.db.rows import ConsentRow, ContactPointRow, EnrollmentRow, LeadRow, TouchRow, table_of
from cadences.calling import Callee
from cadences.legal_hours import CAP_WITHIN
from leads.model import Channel, Colleague, Company, Consent, ContactKind, ContactPoint, Lead, LeadKind
from leads.sending import TouchState

_LEADS = table_of(LeadRow)
_POINTS: TypeAdapter[tuple[ContactPoint, ...]] = TypeAdapter(tuple[ContactPoint, ...])
_CONSENTS: TypeAdapter[tuple[Consent, ...]] = TypeAdapter(tuple[Consent, ...])
_INSTANTS: TypeAdapter[tuple[datetime, ...]] = TypeAdapter(tuple[datetime, ...])
_MADE = (TouchState.SENT, TouchState.DELIVERED, TouchState.UNKNOWN, TouchState.MADE)
_OF_LEAD = (
    *("id", "kind", "name", "company", "zone", "country", "region", "inquired_at", "purchased_at", "backlog_id"),
    *("created_at", "owner_id"),
)
OF_ENROLLMENT = EnrollmentRow.id == _LEADS.c.enrollment_id
"""How a query joins the enrollment whose cadence counts."""
_DAY_AGO = bindparam("day_ago", type_=DateTime(timezone=True))


def callee_columns() -> list[ColumnElement[Any]]:
    """What a query selects of a lead, so that `read_callee` can tell when it may be called."""
    columns: list[ColumnElement[Any]] = [_LEADS.c[name].label(f"lead_{name}") for name in _OF_LEAD]
    phone_contacts = select(func.jsonb_agg(TouchRow.happened_at)).where(
        TouchRow.lead_id == _LEADS.c.id,
        TouchRow.happened_at > _DAY_AGO,
        TouchRow.channel.in_([Channel.CALL.value, Channel.SMS.value]),
        TouchRow.state.in_(_MADE),
    )
    version: Column[str] = table_of(EnrollmentRow).c.version
    return [
        *columns,
        version.label("version"),
        _rows(ContactPointRow, ContactPointRow.kind == ContactKind.PHONE.value).label("phones"),
        _rows(ConsentRow, ConsentRow.channel == Channel.CALL.value).label("call_consents"),
        phone_contacts.correlate(_LEADS).scalar_subquery().label("phone_contacts"),
    ]


def callee_values(now: datetime) -> dict[str, datetime]:
    """What such a query is executed with."""
    return {"day_ago": now - CAP_WITHIN}


async def read_callee(
    connection: AsyncConnection, shelf: CadenceShelf, company: Company, row: Mapping[Any, Any]
) -> Callee:
    """The lead of a row."""
    bundle = await shelf.version(connection, row["version"])
    lead = Lead(
        id=row["lead_id"],
        kind=LeadKind(row["lead_kind"]),
        created_at=row["lead_created_at"],
        owner=Colleague(row["lead_owner_id"], row["lead_owner_id"]),
        name=row["lead_name"],
        company=row["lead_company"],
        zone=row["lead_zone"],
        country=row["lead_country"],
        region=row["lead_region"],
        inquired_at=row["lead_inquired_at"],
        purchased_at=row["lead_purchased_at"],
        backlog_id=row["lead_backlog_id"],
        contacts=_POINTS.validate_python(_fields(row["phones"], ContactPoint)),
        consents=_CONSENTS.validate_python(_fields(row["call_consents"], Consent)),
    )
    return Callee(lead, company, bundle.cadence, _INSTANTS.validate_python(row["phone_contacts"] or ()))


def _rows(row: type[ContactPointRow] | type[ConsentRow], *conditions: ColumnElement[bool]) -> Any:
    """The lead's rows of a table, in the order in which they came, as JSON."""
    ordered = postgresql.aggregate_order_by(func.to_jsonb(table_of(row).table_valued()), row.id)
    found = select(func.jsonb_agg(ordered)).where(row.lead_id == _LEADS.c.id, *conditions)
    return found.correlate(_LEADS).scalar_subquery()


def _fields(rows: list[dict[str, Any]] | None, of: type[ContactPoint] | type[Consent]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in of.__dataclass_fields__} for row in rows or ()]
