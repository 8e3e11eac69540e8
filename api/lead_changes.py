"""What people may change of one lead, each decided on its open case: carried out, or only rehearsed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from adapters.db.cases import OpenCase
from api.problems import ValueRefused
from cadences import commands, slips
from cadences.case import Case
from cadences.enrollment import HoldReason
from cadences.planning import plan
from cadences.refusals import CommandRefused, require_future
from leads.contract import CommandKind


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command makes of a case, what is kept of it, and what the workflow is told."""

    case: Case
    details: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    final: bool = False
    """It is never taken back as a slip, whatever its kind."""


Decide = Callable[[OpenCase, str, datetime], Awaitable[Decision]]
"""Decides on an open case, for whoever asks, at an instant; it saves nothing."""


@dataclass(frozen=True, slots=True)
class LeadChange:
    """One thing that may be done to any lead."""

    kind: CommandKind
    decide: Decide
    colleagues: Mapping[str, str] = field(default_factory=dict)
    """Who is named by which field, and must exist."""
    action: str | None = None
    """What the audit log calls it; as its kind when left out."""


def hold(*, until: datetime | date, reason: str) -> LeadChange:
    """Pause the machine until an instant."""

    async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
        ends_at = end_of_wait(until, file.case.zone, now)
        case = commands.hold(file.case, until=ends_at, reason=reason, by=who, now=now)
        return Decision(case, {"until": ends_at, "reason": reason}, {"until": ends_at})

    return LeadChange(CommandKind.HOLD, decide)


def resume() -> LeadChange:
    """End the hold."""

    async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
        return Decision(commands.resume(file.case, by=who, now=now))

    return LeadChange(CommandKind.RESUME, decide)


def go_on(*, provider: str) -> LeadChange:
    """End the hold if a provider's account is its reason; whatever else holds the lead goes on to hold it."""

    async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
        held = file.case.enrollment.hold
        if held is None or held.reason is not HoldReason.PROVIDER or not (held.note or "").startswith(f"{provider} "):
            raise CommandRefused("hold", f"the lead does not hold because of {provider} any more")
        return Decision(commands.resume(file.case, by=who, now=now))

    return LeadChange(CommandKind.RESUME, decide)


def skip_step(*, step: str | None = None) -> LeadChange:
    """Leave the next step out.

    Args:
        step: its id, to be sure that it is still the next one.
    """

    async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
        planned = file.case.enrollment.next
        case = commands.skip_step(file.case, step_id=step, by=who, now=now)
        skipped = planned.step.step_id if planned else step
        return Decision(case, {"step": skipped}, {"step_id": skipped})

    return LeadChange(CommandKind.SKIP_STEP, decide)


def switch_cadence(*, cadence: str) -> LeadChange:
    """Let another cadence take over at once."""

    async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
        bundle = await file.cadence(cadence)
        case = commands.switch_cadence(file.case, cadence=bundle.cadence, version=bundle.version, by=who, now=now)
        return Decision(case, {"cadence": cadence}, {"cadence": cadence})

    return LeadChange(CommandKind.SWITCH_CADENCE, decide)


def reassign(*, owner: str, note: str | None = None) -> LeadChange:
    """Give the lead, and its open tasks, to another colleague."""

    async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
        case = commands.reassign(file.case, owner=await file.colleague(owner), by=who, now=now, why=note)
        return Decision(case, {"owner": owner, "note": note}, {"owner": owner})

    return LeadChange(CommandKind.REASSIGN, decide, {"owner": owner})


def undo(*, revision: int | None = None) -> LeadChange:
    """Take back what was recorded last, since it was a slip.

    Args:
        revision: that what is to be taken back made, to be sure that it still is the last.
    """

    async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
        newest, since = await file.slip()
        me = await file.colleague(who)
        role = me.role if me is not None else None
        slip = slips.require_undoable(newest, file.case, since, who=who, role=role, revision=revision, now=now)
        before = slip.before
        owner, bundle = await file.colleague(before.owner), await file.version(before.enrollment.version)
        case = slips.taken_back(file.case, slip, owner=owner, cadence=bundle.cadence, by=who, now=now)
        await file.take_back(case)
        details = {"undone": slip.kind.value, "by": slip.by, "command": str(slip.command_id)}
        return Decision(plan(file.case, now), details)

    # To its workflow it is news: whatever it waited for, there is a newer plan, and one that had ended starts again.
    return LeadChange(CommandKind.PLAN_CHANGED, decide, action="undo")


def end_of_wait(until: datetime | date, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant that is meant; a date means its first moment on the lead's own clock."""
    try:
        ends_at = until if isinstance(until, datetime) else datetime.combine(until, time(), zone).astimezone(UTC)
    except OverflowError as error:
        raise ValueRefused("until", "it lies more than ten years ahead") from error
    value_fits(require_future, "until", ends_at, now)
    return ends_at


def value_fits(
    require: Callable[[str, datetime, datetime], None], field_name: str, at: datetime, now: datetime
) -> None:
    """A date that is wrong for every lead is the caller's mistake, not a conflict with how this lead stands."""
    try:
        require(field_name, at, now)
    except CommandRefused as refused:
        raise ValueRefused(refused.field, refused.message) from refused
