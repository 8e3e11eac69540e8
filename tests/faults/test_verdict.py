"""The verdict on lives that are made up: each promise that is broken by hand is named, and an honest life is good."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from leads.contract import CommandKind
from leads.ids import derived_id, touch_id
from tests.faults.cadence import MESSAGES
from tests.faults.evidence import Evidence, Row
from tests.faults.provider_messages import Delivery, Draft, Kind
from tests.faults.seeds import Given, Order, trial_of
from tests.faults.verdict import Verdict, weigh

_NOW = datetime.now(UTC)
_LEAD, _ENROLLMENT = uuid4(), uuid4()
_EMAIL, _PHONE = "jane@example.com", "+81350000000"
_FIRST, _SECOND = (touch_id(_ENROLLMENT, step, 1) for step in ("note-1", "text-1"))


def _touch(touch: UUID, step: str, state: str = "sent", text: str = "note 1", contact: str = _EMAIL) -> Row:
    return {
        "id": touch,
        "enrollment_id": _ENROLLMENT,
        "step_id": step,
        "channel": "email" if "@" in contact else "sms",
        "state": state,
        "personal": False,
        "contact": contact,
        "text": text,
    }


def _arrival(touch: UUID | None, text: str = "note 1", to: str = _EMAIL) -> Delivery:
    kind = Kind.SENDGRID if "@" in to else Kind.TWILIO
    name = str(touch) if touch else None
    draft = Draft(kind=kind, touch=name, to=to, body=text)
    return Delivery(touch=name or uuid4().hex, message_id="m", draft=draft, received_at=_NOW, received_monotonic=0.0)


def _plan(**changes: Any) -> Row:
    plan: Row = {
        "revision": 4,
        "enrollment_id": str(_ENROLLMENT),
        "cadence": MESSAGES,
        "version": "1",
        "owner": "anna",
        "stage": "new",
        "wake": {"kind": "send_email", "at": (_NOW + timedelta(days=180)).isoformat(), "summary": "email tail"},
    }
    return plan | changes


def _row(number: int, what: str, row_id: UUID | None = None) -> Row:
    return {"seq": number, "what": what, "id": row_id or uuid4()}


def _command(kind: CommandKind, **told: Any) -> Row:
    return {"id": uuid4(), "kind": kind.value, "told": {"answer": None, "step_id": None} | told}


def _honest(**changes: Any) -> Evidence:
    """An email that was sent, and a text after it; then a long wait."""
    progress: Row = {
        "done": {"step_id": "text-1", "occurrence": 1},
        "outcomes": {"note-1": "sent", "text-1": "sent"},
        "next": {"step": {"step_id": "ring", "occurrence": 1}},
    }
    honest = Evidence(
        lead={"plan": _plan(), "ended": None, "stage": "new", "enrollment_id": _ENROLLMENT, "owner_id": "anna"},
        touches=[_touch(_FIRST, "note-1"), _touch(_SECOND, "text-1", "delivered", "text 1", _PHONE)],
        tasks=[],
        enrollments=[{"id": _ENROLLMENT, "cadence": MESSAGES, "progress": progress, "ended": None}],
        commands=[_command(CommandKind.START)],
        answers=[],
        holds=[],
        inquiries=[],
        order=[_row(1, "command start"), _row(2, "claimed", _FIRST), _row(3, "claimed", _SECOND)],
        delivered=[_arrival(_FIRST), _arrival(None, "text 1", _PHONE)],
        notes=[f"recorded {_FIRST}", f"recorded {_SECOND}"],
    )
    return replace(honest, **changes)


def _weighed(seen: Evidence, *given: Given) -> Verdict:
    return weigh(trial_of(1), seen, given)


def test_an_honest_life_is_good() -> None:
    verdict = _weighed(_honest())
    assert verdict.is_good, str(verdict)
    assert (verdict.unknown, verdict.reconciled) == (0, 0)


def test_a_second_arrival_is_a_duplicate() -> None:
    seen = _honest()
    assert len(_weighed(replace(seen, delivered=[*seen.delivered, _arrival(_FIRST)])).duplicates) == 1
    again = _arrival(None, "text 1", _PHONE)
    assert len(_weighed(replace(seen, delivered=[*seen.delivered, again])).duplicates) == 1


def test_what_is_recorded_and_never_arrived_is_lost() -> None:
    assert len(_weighed(_honest(delivered=[])).losses) == 2


def test_what_arrives_and_is_in_no_ledger_is_named() -> None:
    seen = _honest()
    ghost = _arrival(uuid4(), "who wrote this?")
    assert _weighed(replace(seen, delivered=[*seen.delivered, ghost])).broken


def test_a_step_that_the_plan_passed_over_is_lost() -> None:
    seen = _honest()
    progress = seen.enrollments[0]["progress"]
    silent = {**progress, "outcomes": {"text-1": "sent"}}
    assert _weighed(replace(seen, enrollments=[{**seen.enrollments[0], "progress": silent}])).losses
    assert _weighed(replace(seen, touches=seen.touches[1:], delivered=seen.delivered[1:])).losses
    skipped = {**progress, "outcomes": {"note-1": "skipped", "text-1": "sent"}}
    left_out = replace(
        seen,
        enrollments=[{**seen.enrollments[0], "progress": skipped}],
        touches=seen.touches[1:],
        delivered=seen.delivered[1:],
    )
    assert _weighed(left_out).losses
    told = _command(CommandKind.SKIP_STEP, step_id="note-1")
    assert not _weighed(replace(left_out, commands=[*seen.commands, told])).losses


def test_what_is_unknown_must_be_in_a_persons_hands() -> None:
    seen = _honest()
    touches = [_touch(_FIRST, "note-1", "unknown"), seen.touches[1]]
    assert _weighed(replace(seen, touches=touches)).broken
    task = {"id": derived_id(_FIRST, "unknown_send"), "state": "open", "owner": "anna", "due_at": _NOW}
    plan = {**seen.enrollments[0]["progress"], "outcomes": {"note-1": "unknown", "text-1": "sent"}}
    enrollments = [{**seen.enrollments[0], "progress": plan}]
    verdict = _weighed(replace(seen, touches=touches, tasks=[task], enrollments=enrollments))
    assert verdict.is_good, str(verdict)
    assert verdict.unknown == 1


def test_a_claim_must_not_stay_open() -> None:
    seen = _honest()
    for state in ("claimed", "refused"):
        touches = [_touch(_FIRST, "note-1", state), seen.touches[1]]
        assert any("claimed" in each or "refused" in each for each in _weighed(replace(seen, touches=touches)).broken)


def test_nothing_is_claimed_after_a_stop() -> None:
    seen = _honest()
    late = [*seen.order, _row(4, "command hold"), _row(5, "claimed", _SECOND)]
    assert any("after command hold" in each for each in _weighed(replace(seen, order=late)).broken)
    resumed = [*seen.order, _row(4, "command hold"), _row(5, "command resume"), _row(6, "claimed", _SECOND)]
    assert not any("after" in each for each in _weighed(replace(seen, order=resumed)).broken)


def test_an_accepted_command_takes_effect_once() -> None:
    seen = _honest()
    given = Given(Order(CommandKind.RECORD_ANSWER, 0, {"answer": "yes"}), "key", status=200)
    answer = {"note": "key", "answer": "yes"}
    told = _command(CommandKind.RECORD_ANSWER, answer="yes")
    done = replace(seen, answers=[answer], commands=[*seen.commands, told])
    assert not _weighed(done, given).broken
    assert _weighed(seen, given).broken
    assert _weighed(replace(done, answers=[answer, answer]), given).broken
    assert _weighed(replace(done, commands=[*done.commands, told]), given).broken
    refused = Given(given.order, "key", status=409)
    assert _weighed(done, refused).broken
    assert not _weighed(seen, refused).broken


def test_a_lead_without_a_future_is_named() -> None:
    seen = _honest()
    idle = replace(seen, lead={**seen.lead, "plan": _plan(wake=None)})
    assert any("nothing will ever happen" in each for each in _weighed(idle).broken)
    held = replace(idle, holds=[{"lifted_at": None, "until": _NOW + timedelta(days=3), "note": ""}])
    assert not _weighed(held).broken
    refused = replace(idle, lead={**idle.lead, "ended": "no"})
    assert not _weighed(refused).broken
    task = {"id": uuid4(), "state": "open", "owner": "anna", "due_at": _NOW}
    assert _weighed(replace(refused, tasks=[task])).broken


def test_what_only_the_provider_told_is_reconciled() -> None:
    assert _weighed(_honest(notes=[f"recorded {_FIRST}"])).reconciled == 1
    assert _weighed(_honest(notes=[f"recorded {_FIRST}", f"recorded {_SECOND}", f"found {_FIRST}"])).reconciled == 1
