"""Whatever happens to a lead, in whatever order, the promises hold: a state machine of random lives."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from pydantic import TypeAdapter

from cadences.asked_after_stop import asked_for_in_person, written_to
from cadences.case import Case
from cadences.commands import (
    hold,
    log_personal_touch,
    not_now,
    reassign,
    record_answer,
    resume,
    skip_step,
    switch_cadence,
)
from cadences.enrollment import Enrollment
from cadences.first_response import waits_for_answer
from cadences.hearing import came_again, contact_point_lost, lead_opted_out, lead_replied
from cadences.meeting_schedule import next_moves
from cadences.meeting_sends import (
    came_too_late,
    could_not_tell,
    due_to_send,
    meeting_message_out,
    meeting_message_refused,
)
from cadences.meeting_tasks import see_to_meetings
from cadences.meetings import answered, arrange, cancel, move
from cadences.merging import merge
from cadences.owed_answers import is_asked_of_nobody, see_to_first_answer
from cadences.personal_email_wakes import personal_email_wakes
from cadences.personal_emails import (
    answers_only,
    could_not_send,
    email_out,
    email_refused,
    email_unknown,
    waiting_email,
    why_not,
    write_email,
)
from cadences.planning import plan, wake
from cadences.progress import (
    ANSWERABLE,
    begin,
    is_first_answer,
    message_refused,
    message_sent,
    see_to_overdue,
    task_created,
)
from cadences.refusals import CommandRefused
from cadences.settled_sends import send_settled
from cadences.slips import Since, Slip, require_undoable, snapshot_of, taken_back
from cadences.task_outcomes import complete_task, outcomes_of
from cadences.tasks import Outcome, TaskKind
from cadences.unknown_sends import looked_up_in_vain, message_unknown, to_look_up
from leads.contract import CommandKind, WakeKind
from leads.ids import derived_id
from leads.invitations import InvitationReply, Method, Participation
from leads.meetings import Appointment
from leads.model import Channel, Ending, LeadKind
from leads.personal_emails import EmailState, PersonalEmail, read_personal_step
from tests.cadences.cases import ANNA, BEN, EMAIL, LEAD_ID, PHONE, a_cadence, a_case, a_lead

ENROLLMENT: TypeAdapter[Enrollment] = TypeAdapter(Enrollment)
CADENCES = (
    a_cadence(
        {"email": "a"},
        {"call": "b"},
        {"after": "3 business days", "sms": "c", "if": "sms consent"},
        {"after": "2 weeks", "call": "d", "repeat": {"every": "2 days", "times": 3, "until": "connected"}},
        {"wait": "1 month", "email": "e", "repeat": {"every": "1 month", "until": "an answer"}},
        first_response={"within": "30 minutes"},
    ),
    a_cadence(
        {"call": "x"},
        {"after": "1 day", "email": "y", "if": "not x was connected"},
        {"wait": "2 days", "task": "z"},
        on_silence={"return_to": "generator"},
        on_reply={"within": "2 hours", "hold": "1 hour"},
    ),
    a_cadence({"sms": "s"}, {"wait": "10 days", "email": "t"}, limits={"per_day": 1, "per_week": 1}),
)
cadences = st.sampled_from(CADENCES)
REFUSABLE = {(TaskKind.FIND_CONTACT, Outcome.DONE), (TaskKind.INVITATION, Outcome.CONFIRMED)}
"""What a lead may not be ready for: it has no new contact point, or does not come to the meeting."""
spells = st.one_of(
    st.just(timedelta(0)),
    st.integers(1, 600).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(1, 40).map(lambda days: timedelta(days=days)),
)


class AnyLife(RuleBasedStateMachine):
    """One lead, to which anything may happen at any time."""

    case: Case
    now: datetime
    others = 0
    """How many other leads were found to be the same person."""
    resumed = False
    """Somebody wanted the machine to go on, whatever held it."""

    @initialize(
        cadence=cadences,
        email=st.booleans(),
        sms=st.booleans(),
        kind=st.sampled_from([*LeadKind]),
        zone=st.sampled_from(["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
        minutes=st.integers(0, 500_000),
    )
    def is_captured(self, cadence: Any, email: bool, sms: bool, kind: LeadKind, zone: str, minutes: int) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        lead = a_lead(email=EMAIL if email else None, sms=sms, kind=kind, zone=zone)
        self.case = see_to_first_answer(begin(a_case(cadence, lead, start=self.now), self.now), self.now)

    def tried(self, command: Callable[[], Case]) -> bool:
        """Whether the command was accepted; the case is what it made of it."""
        try:
            case = command()
        except CommandRefused:
            return False
        case = see_to_first_answer(case, self.now)  # As the store does with each decision.
        # What is over is loaded no more, nor is what one decision found out.
        self.case = replace(
            case,
            tasks=case.open_tasks,
            facts=(),
            ended_enrollments=(),
            emails=tuple(one for one in case.emails if one.state in (EmailState.WAITING, EmailState.UNKNOWN)),
            messages=tuple(sent for sent in case.messages if sent > self.now - timedelta(days=14)),
        )
        return True

    # Time and the machine.

    @rule(spell=spells)
    def time_goes_by(self, spell: timedelta) -> None:
        """The machine is down: what falls due waits."""
        self.now += spell

    @rule(
        late=st.sampled_from([timedelta(0), timedelta(0), timedelta(minutes=5), timedelta(days=5)]),
        fate=st.integers(0, 5),
    )
    def the_machine_does_what_is_due(self, late: timedelta, fate: int) -> None:
        due = wake(self.case)
        if due is None:
            return
        self.now = max(self.now, due.at) + late
        if due.kind is WakeKind.SEE_TO_OVERDUE:
            assert self.tried(lambda: see_to_meetings(see_to_overdue(self.case, self.now), self.now))
            return
        if due.kind is WakeKind.SEND_INVITATION:
            assert self.tried(lambda: self.told_of_a_meeting(due.step_id, due.occurrence, fate))
            return
        if due.kind is WakeKind.SEND_PERSONAL_EMAIL:
            assert self.tried(lambda: self.told_by_a_colleague(due.step_id, fate))
            return
        if due.kind is WakeKind.LOOK_UP_SEND:
            assert self.tried(lambda: self.looked_up(fate))
            return
        fresh = plan(self.case, self.now)
        touch = fresh.enrollment.next
        assert touch is not None
        if touch.act_at > self.now:
            assert self.tried(lambda: fresh)
            return
        held = fresh.enrollment.hold
        assert held is None or held.until <= self.now, "nothing happens during a hold"
        assert fresh.enrollment.ended is None
        if touch.channel in (Channel.CALL, Channel.TASK):
            assert self.tried(lambda: task_created(fresh, self.now))
        elif fate == 0:
            assert self.tried(lambda: message_refused(fresh, touch.step, self.now))
        elif fate == 1:
            assert self.tried(lambda: message_unknown(fresh, touch.step, touch.channel, self.now))
        else:
            assert self.tried(lambda: message_sent(fresh, touch.step, self.now))

    def looked_up(self, fate: int) -> Case:
        """The provider knows, or does not, what became of each message that is asked about."""
        case = self.case
        for reference, task in to_look_up(case, self.now).items():
            if fate in (0, 1):
                case = send_settled(case, reference, sent=fate == 0, now=self.now)
            else:
                case = looked_up_in_vain(case, task, self.now)
        return case

    def told_by_a_colleague(self, step_id: str | None, fate: int) -> Case:
        """What becomes of a personal email."""
        email = waiting_email(self.case, read_personal_step(step_id))
        assert email is not None, "what the workflow is asked for is what waits"
        if (why := why_not(self.case, email, self.now)) is not None:
            return could_not_send(self.case, email, self.now, why)
        if fate == 0:
            return email_refused(self.case, email, self.now, "429", None, once=False)
        if fate == 1:
            return email_unknown(self.case, email, Channel.EMAIL, self.now)
        case = email_out(self.case, email, self.now)
        assert not any(task.kind in ANSWERABLE for task in case.open_tasks)
        return case

    def told_of_a_meeting(self, step_id: str | None, occurrence: int, fate: int) -> Case:
        """What becomes of a meeting's message."""
        due = due_to_send(self.case, step_id, occurrence, self.now)
        assert due is not None, "what the workflow is asked for is what is due"
        late = came_too_late(self.case, due, self.now)
        if late is not None:
            return late
        if fate == 0:
            return meeting_message_refused(self.case, due.step_id, occurrence, self.now, "429")
        if fate == 1:
            return could_not_tell(self.case, due.step_id, self.now, "no address")
        return meeting_message_out(self.case, due.step_id, occurrence, self.now)

    # People.

    @rule(index=st.integers(0, 5), outcome=st.sampled_from([*Outcome]), days=st.integers(1, 60), cadence=cadences)
    def a_task_is_completed(self, index: int, outcome: Outcome, days: int, cadence: Any) -> None:
        if not self.case.open_tasks:
            return
        task = self.case.open_tasks[index % len(self.case.open_tasks)]
        allowed = sorted(outcomes_of(task.kind, task.contact))
        chosen = outcome if outcome in allowed else allowed[index % len(allowed)]
        dated = chosen in (Outcome.NOT_NOW, Outcome.CALL_BACK)
        appointment = Appointment(starts_at=self.now + timedelta(days=days), subject="Two ovens")
        said_no = self.case.enrollment.ended is Ending.NO
        accepted = self.tried(
            lambda: complete_task(
                self.case,
                task_id=task.id,
                outcome=chosen,
                by="anna",
                note=None,
                now=self.now,
                until=self.now + timedelta(days=days) if dated else None,
                later=(cadence, "1" * 64) if chosen is Outcome.NOT_NOW else None,
                meeting=appointment if chosen is Outcome.MEETING else None,
            )
        )
        refusable = dated or (task.kind, chosen) in REFUSABLE
        assert accepted or refusable or (said_no and chosen in (Outcome.YES, Outcome.MEETING))
        if accepted:
            assert task.id not in {other.id for other in self.case.open_tasks}

    @rule(ago=spells)
    def a_personal_touch_is_logged(self, ago: timedelta) -> None:
        at = self.now - ago
        before = self.case
        assert self.tried(
            lambda: log_personal_touch(before, channel=Channel.CALL, touched_at=at, by="ben", note=None, now=self.now)
        )
        if self.case.enrollment.ended is None and not self.case.enrollment.question_only:
            assert self.case.enrollment.hold is not None

    @rule(said=st.sampled_from(["yes", "no"]), themselves=st.booleans())
    def the_lead_answers(self, said: str, themselves: bool) -> None:
        said_before = self.case.enrollment.ended is Ending.YES and said == "yes"
        if self.tried(
            lambda: record_answer(self.case, answer=said, by="anna", note=None, now=self.now, themselves=themselves)
        ):
            kinds = [task.kind for task in self.case.open_tasks]
            assert said_before or kinds == ([TaskKind.HAND_OVER] if said == "yes" else [])

    @rule(days=st.integers(-1, 400), cadence=cadences)
    def the_lead_says_not_now(self, days: int, cadence: Any) -> None:
        until = self.now + timedelta(days=days)
        said_no = self.case.enrollment.ended is Ending.NO
        accepted = self.tried(
            lambda: not_now(
                self.case, until=until, cadence=cadence, version="1" * 64, by="anna", note=None, now=self.now
            )
        )
        assert not (accepted and (said_no or days <= 0))
        if accepted:
            assert self.case.enrollment.next is not None
            assert self.case.enrollment.next.act_at >= until

    @rule(days=st.integers(1, 30))
    def somebody_holds(self, days: int) -> None:
        until = self.now + timedelta(days=days)
        self.tried(lambda: hold(self.case, until=until, reason="x", by="anna", now=self.now))

    @rule()
    def somebody_resumes(self) -> None:
        if self.tried(lambda: resume(self.case, by="anna", now=self.now)):
            assert self.case.enrollment.hold is None
            self.resumed = True

    @rule()
    def somebody_skips_a_step(self) -> None:
        before = self.case.enrollment.next
        if self.tried(lambda: skip_step(self.case, step_id=None, by="anna", now=self.now)):
            after = self.case.enrollment.next
            assert before is not None
            assert after is not None
            assert after.step != before.step

    @rule(cadence=cadences)
    def somebody_switches_the_cadence(self, cadence: Any) -> None:
        self.tried(lambda: switch_cadence(self.case, cadence=cadence, version="1" * 64, by="anna", now=self.now))

    @rule()
    def another_owner_takes_over(self) -> None:
        owner = BEN if self.case.lead.owner == ANNA else ANNA
        assert self.tried(lambda: reassign(self.case, owner=owner, by="mia", now=self.now))

    @rule(
        what=st.sampled_from(["task", "touch", "yes", "no", "not now", "hold", "resume", "skip", "switch", "reassign"]),
        index=st.integers(0, 60),
        outcome=st.sampled_from([*Outcome]),
        cadence=cadences,
        spell=st.integers(0, 15).map(lambda minutes: timedelta(minutes=minutes)),
    )
    def a_slip_is_taken_back(self, what: str, index: int, outcome: Outcome, cadence: Any, spell: timedelta) -> None:
        """Whatever people record, once they took it back the lead stands as if nobody had recorded it."""
        before, said_at, resumed = self.case, self.now, self.resumed
        match what:
            case "task":
                self.a_task_is_completed(index, outcome, index + 1, cadence)
            case "touch":
                self.a_personal_touch_is_logged(timedelta(minutes=index))
            case "yes" | "no":
                self.the_lead_answers(what, themselves=False)
            case "not now":
                self.the_lead_says_not_now(index + 1, cadence)
            case "hold":
                self.somebody_holds(index + 1)
            case "resume":
                self.somebody_resumes()
            case "skip":
                self.somebody_skips_a_step()
            case "switch":
                self.somebody_switches_the_cadence(cadence)
            case _:
                self.another_owner_takes_over()
        slip = Slip(
            command_id=LEAD_ID,
            kind=CommandKind.COMPLETE_TASK,
            by="anna",
            said_at=said_at,
            revision=2,
            before=snapshot_of(before),
            after=snapshot_of(self.case),
        )
        self.now, self.resumed = said_at + spell, resumed
        require_undoable(slip, self.case, Since(), who="anna", role=None, revision=2, now=self.now)
        owner, followed = before.lead.owner, before.cadence
        undone = taken_back(self.case, slip, owner=owner, cadence=followed, by="anna", now=self.now)
        assert self.tried(lambda: plan(undone, self.now))
        agreed = {meeting.id for meeting in before.meetings}
        for meeting in self.case.meetings:
            assert meeting.id in agreed or not (meeting.is_agreed or meeting.is_news)
        meetings = tuple(meeting for meeting in self.case.meetings if meeting.id in agreed)
        as_if_never = snapshot_of(see_to_first_answer(plan(before, self.now), self.now))
        assert snapshot_of(replace(self.case, meetings=meetings)) == as_if_never

    # Meetings.

    @rule(minutes=st.integers(-60, 30_000), accepted=st.booleans())
    def a_meeting_is_agreed(self, minutes: int, accepted: bool) -> None:
        appointment = Appointment(starts_at=self.now + timedelta(minutes=minutes), subject="Two ovens")
        said_no = self.case.enrollment.ended is Ending.NO
        agreed = self.tried(
            lambda: arrange(self.case, appointment, organizer=ANNA, by="anna", now=self.now, accepted=accepted)
        )
        assert agreed == (minutes > 0 and not said_no)

    @rule(index=st.integers(0, 3), minutes=st.integers(1, 30_000))
    def a_meeting_is_moved(self, index: int, minutes: int) -> None:
        if self.case.meetings:
            meeting = self.case.meetings[index % len(self.case.meetings)]
            appointment = Appointment(starts_at=self.now + timedelta(minutes=minutes), subject="Two ovens")
            if self.tried(lambda: move(self.case, meeting.id, appointment, by="anna", now=self.now)):
                moved = self.case.meeting(meeting.id)
                assert moved is not None
                assert (moved.sequence, moved.is_news) == (meeting.sequence + 1, True)

    @rule(index=st.integers(0, 3))
    def a_meeting_is_called_off(self, index: int) -> None:
        if self.case.meetings:
            meeting = self.case.meetings[index % len(self.case.meetings)]
            self.tried(lambda: cancel(self.case, meeting.id, by="anna", now=self.now))

    @rule(index=st.integers(0, 3), says=st.sampled_from([*Participation]), older=st.booleans())
    def a_calendar_answers(self, index: int, says: Participation, older: bool) -> None:
        if self.case.meetings:
            meeting = self.case.meetings[index % len(self.case.meetings)]
            reply = InvitationReply(
                uid=str(meeting.id),
                method=Method.REPLY,
                attendee=EMAIL,
                says=says,
                sequence=meeting.sequence - older,
                stamped_at=self.now,
            )
            before = self.case
            assert self.tried(lambda: answered(self.case, reply, self.now))
            if older:
                assert self.case == before

    @rule(answers=st.booleans(), index=st.integers(0, 5))
    def a_colleague_writes(self, answers: bool, index: int) -> None:
        asked = [task.id for task in self.case.open_tasks if task.kind in ANSWERABLE]
        email = PersonalEmail(
            id=derived_id(LEAD_ID, "email", self.now.isoformat(), str(len(self.case.emails))),
            enrollment_id=self.case.enrollment.id,
            by="anna",
            sender_name="Anna",
            subject="Ovens",
            text="Dear Maria",
            written_at=self.now,
            answers=asked[index % len(asked)] if answers and asked else None,
        )
        reachable = self.case.lead.contact_for(Channel.EMAIL) is not None
        silent = answers_only(self.case) is not None
        asked_for = [task for task in self.case.open_tasks if written_to(self.case, task) is not None]
        handed_over = asked_for_in_person(self.case) is not None
        if self.tried(lambda: write_email(self.case, email, self.now)):
            assert reachable or asked_for
            assert email.answers is not None or handed_over or not silent

    # The lead and the providers.

    @rule()
    def the_lead_replies(self) -> None:
        assert self.tried(lambda: lead_replied(self.case, text="hm", channel=Channel.EMAIL, now=self.now))

    @rule(question=st.sampled_from([None, "And now?"]), cadence=cadences)
    def the_lead_comes_again(self, question: str | None, cadence: Any) -> None:
        assert self.tried(
            lambda: came_again(self.case, cadence=cadence, version="2" * 64, question=question, now=self.now)
        )

    @rule(contact=st.sampled_from([EMAIL, PHONE]))
    def a_contact_point_is_lost(self, contact: str) -> None:
        assert self.tried(lambda: contact_point_lost(self.case, contact=contact, why="gone", now=self.now))

    @rule()
    def a_contact_point_is_found(self) -> None:
        points = tuple(replace(point, lost=None) for point in self.case.lead.contacts)
        lead = replace(self.case.lead, contacts=points)
        assert self.tried(lambda: replace(self.case, lead=lead))

    @rule(really=st.integers(0, 5))
    def the_lead_opts_out(self, really: int) -> None:
        if really == 0:
            assert self.tried(lambda: lead_opted_out(self.case, why="STOP", now=self.now))
            seen_to = any(next_moves(self.case)) or any(personal_email_wakes(self.case))
            assert seen_to or wake(self.case) is None or self.case.enrollment.ended is Ending.YES

    @rule(
        cadence=cadences,
        ago=spells,
        became=st.sampled_from(["new", "called", "said yes", "said no", "stopped", "wrote", "lost", "not now"]),
        kept=st.booleans(),
    )
    def it_is_one_person_with_another_lead(self, cadence: Any, ago: timedelta, became: str, kept: bool) -> None:
        other = self.another(cadence, ago, became)
        mine, number = self.case, len(self.case.lead.contacts)
        assert self.tried(lambda: merge(*((mine, other) if kept else (other, mine)), by="mia", now=self.now).case)
        said_no = {mine.enrollment.ended, other.enrollment.ended} & {Ending.NO, Ending.ANSWERED}
        if said_no or mine.enrollment.question_only:
            assert self.case.enrollment.question_only or self.case.enrollment.ended in (Ending.NO, Ending.ANSWERED)
        if Ending.OPTED_OUT in (mine.enrollment.ended, other.enrollment.ended):
            assert all(point.suppressed for point in self.case.lead.contacts)
        assert len(self.case.lead.contacts) == number + len(other.lead.contacts)

    def another(self, cadence: Any, ago: timedelta, became: str) -> Case:
        """Another lead, and what became of it."""
        at, self.others = self.now - ago, self.others + 1
        points = {"email": f"other{self.others}@example.com", "phone": f"+1212556{self.others:04d}"}
        lead = replace(a_lead(**points), id=UUID(int=self.others), owner=BEN, created_at=at)
        case = begin(a_case(cadence, lead, start=at).enrolled(id=UUID(int=self.others + 10_000)), at)
        match became:
            case "called" if case.enrollment.next is not None and case.enrollment.next.channel is Channel.CALL:
                case = task_created(case, at)
            case "said yes" | "said no":
                case = record_answer(case, answer=became.removeprefix("said "), by="ben", note=None, now=at)
            case "stopped":
                case = lead_opted_out(case, why="STOP", now=at)
            case "wrote":
                case = lead_replied(case, text="hm", channel=Channel.EMAIL, now=at)
            case "lost":
                for contact in points.values():
                    case = contact_point_lost(case, contact=contact, why="gone", now=at)
            case "not now":
                until = self.now + timedelta(days=30)
                case = not_now(case, until=until, cadence=cadence, version="1" * 64, by="ben", note=None, now=at)
        return replace(case, tasks=case.open_tasks, facts=(), ended_enrollments=())

    # What always holds.

    @invariant()
    def something_will_happen_unless_it_has_ended(self) -> None:
        if self.case.enrollment.ended is None:
            assert wake(self.case) is not None

    @invariant()
    def the_machine_is_quiet_while_a_meeting_is_agreed(self) -> None:
        touch, ahead = self.case.enrollment.next, [one for one in self.case.meetings if one.is_ahead(self.now)]
        if ahead and touch is not None and touch.task_id is None and not self.resumed:
            assert touch.act_at >= max(one.ends_at for one in ahead)

    @invariant()
    def every_meeting_is_told_answered_and_followed_up(self) -> None:
        moves = {due.meeting.id for due in next_moves(self.case)}
        for meeting in self.case.meetings:
            if meeting.is_agreed and meeting.followed_up_at is None and self.case.enrollment.ended is not Ending.NO:
                assert meeting.id in moves
            if self.case.enrollment.ended is Ending.NO:
                assert not meeting.is_ahead(self.now)

    @invariant()
    def every_open_task_has_an_owner_a_due_time_and_somebody_who_looks_after_it(self) -> None:
        for task in self.case.open_tasks:
            assert task.owner
            assert task.due_at > task.created_at
            assert task.escalate_at is not None or task.expires_at is not None

    @invariant()
    def who_waits_for_a_first_answer_waits_for_somebody_who_is_asked_to_give_it(self) -> None:
        assert not is_asked_of_nobody(self.case, self.now)
        assert sum(is_first_answer(task) for task in self.case.open_tasks) <= waits_for_answer(self.case)

    @invariant()
    def the_plan_waits_for_an_open_task_or_for_none(self) -> None:
        touch = self.case.enrollment.next
        of_plan = [task for task in self.case.open_tasks if task.of_plan or task.kind is TaskKind.KICK_BACK]
        if touch is None or touch.task_id is None:
            assert not of_plan
        else:
            assert [task.id for task in of_plan] == [touch.task_id]

    @invariant()
    def what_has_ended_plans_nothing(self) -> None:
        if self.case.enrollment.ended is not None:
            assert self.case.enrollment.next is None
            assert self.case.enrollment.hold is None
            assert self.case.enrollment.ended_at is not None

    @invariant()
    def after_a_no_only_a_persons_answer_is_waited_for(self) -> None:
        given_back = any(personal_email_wakes(self.case))  # Asked for once more, it is not sent.
        if self.case.enrollment.ended is Ending.NO and not self.case.open_tasks and not given_back:
            assert wake(self.case) is None

    @invariant()
    def nothing_is_planned_in_the_past_or_unexplained(self) -> None:
        touch = self.case.enrollment.next
        if touch is not None:
            assert touch.reasons
            assert touch.act_at <= touch.opens_at
            assert touch.due_at is None or touch.due_at > touch.opens_at

    @invariant()
    def pauses_never_move_anything_back(self) -> None:
        assert self.case.enrollment.moved >= timedelta(0)
        assert self.case.enrollment.moved_since_previous >= timedelta(0)

    @invariant()
    def it_survives_the_database(self) -> None:
        document = ENROLLMENT.dump_python(self.case.enrollment, mode="json")
        assert ENROLLMENT.validate_python(document) == self.case.enrollment

    @invariant()
    def ids_are_never_reused(self) -> None:
        ids: list[UUID] = [task.id for task in self.case.tasks]
        assert len(ids) == len(set(ids))


AnyLife.TestCase.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAnyLife = AnyLife.TestCase
