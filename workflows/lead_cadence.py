"""The durable story of one lead: it waits for what comes next, has it done, and listens meanwhile.

It decides nothing that can change. Every decision is made and committed in the database, numbered, and told here as a
plan; the workflow keeps the plan with the highest number. So it does not matter in which order, or how often, plans
arrive, and code, law and cadences may change while a lead sleeps.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy, SearchAttributeKey, SearchAttributePair
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from leads.contract import (
        EMAIL_QUEUE,
        PROGRESS_QUERY,
        REFRESH_SIGNAL,
        SMS_QUEUE,
        STEP_TIMEOUT,
        WORKFLOW,
        WORKFLOW_QUEUE,
        Acknowledged,
        CommandKind,
        LeadState,
        Plan,
        Progress,
        SearchAttribute,
        StepInput,
        Told,
        Wake,
        WakeKind,
    )

TOUCHES_PER_RUN = 8
"""After so many activities the run continues as new: what a cold wake costs is the length of its history."""
COMMANDS_PER_RUN = 60
"""After so many told commands it does too."""
HEARD_KEPT = 64
STEP_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=5)
)
"""Retries mend crashes and an unreachable database; the ledger keeps them from sending twice."""

_QUEUES = {
    WakeKind.SEND_EMAIL: EMAIL_QUEUE,
    WakeKind.SEND_INVITATION: EMAIL_QUEUE,
    WakeKind.SEND_PERSONAL_EMAIL: EMAIL_QUEUE,
    WakeKind.SEND_SMS: SMS_QUEUE,
}


@workflow.defn(name=WORKFLOW)
class LeadCadence:
    """One lead, followed up until it says yes or no."""

    @workflow.init
    def __init__(self, state: LeadState) -> None:
        self._lead_id = state.lead_id
        self._plan = state.plan
        self._shown = state.plan
        self._heard = list(state.heard)
        self._activities = 0
        self._commands = 0
        self._refresh_asked = False
        self._at_work = False

    @workflow.run
    async def run(self, state: LeadState) -> str:
        """Follow the lead up: wait until the next touch is due or something is said, act, and so on to the end."""
        while (wake := self._plan.wake) is not None:
            self._show()
            if await self._is_due(wake):
                await self._carry_out(wake)
            if self._run_is_over():
                await workflow.wait_condition(workflow.all_handlers_finished)
                self._show()  # the next run takes what is shown for granted
                workflow.continue_as_new(self._state())
        self._show()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._plan.ended or self._plan.stage

    async def _is_due(self, wake: Wake) -> bool:
        """Wait for the wake; False when a newer plan came first."""
        plan = self._plan
        left = max(wake.at - workflow.now(), timedelta(0))
        if not left:
            return True
        try:
            await workflow.wait_condition(
                lambda: self._plan is not plan or self._run_is_over(), timeout=left, timeout_summary=wake.summary
            )
        except TimeoutError:
            return self._plan is plan
        return False

    async def _carry_out(self, wake: Wake) -> None:
        """Have the step's activity do the work, and take the plan that it decided."""
        step = StepInput(
            lead_id=self._lead_id,
            enrollment_id=self._plan.enrollment_id,
            revision=self._plan.revision,
            kind=wake.kind,
            step_id=wake.step_id,
            occurrence=wake.occurrence,
            asked_at=workflow.now(),
        )
        self._activities += 1
        self._at_work = True
        plan = await workflow.execute_activity(
            wake.kind.value,
            step,
            result_type=Plan,
            task_queue=_QUEUES.get(wake.kind, WORKFLOW_QUEUE),
            start_to_close_timeout=STEP_TIMEOUT,
            retry_policy=STEP_RETRY,
            summary=wake.summary,
        )
        self._at_work = False
        self._adopt(plan)

    def _adopt(self, plan: Plan) -> None:
        if plan.revision > self._plan.revision:
            self._plan = plan

    def _state(self) -> LeadState:
        return LeadState(lead_id=self._lead_id, plan=self._plan, heard=tuple(self._heard))

    def _run_is_over(self) -> bool:
        """Whether a new run shall take over: this one is long, or newer code is to be taken."""
        return self._activities >= TOUCHES_PER_RUN or self._commands >= COMMANDS_PER_RUN or self._refresh_asked

    def _show(self) -> None:
        """Keep Temporal's UI and its search readable: details each time, search attributes only when they change."""
        workflow.set_current_details(_details(self._plan))
        changed = [
            SearchAttributePair(SearchAttributeKey.for_keyword(name.value), new)
            for name, old, new in zip(SearchAttribute, _shown(self._shown), _shown(self._plan), strict=True)
            if old != new
        ]
        if changed:
            workflow.upsert_search_attributes([pair.key.value_set(pair.value) for pair in changed])
        self._shown = self._plan

    def _hear(self, told: Told) -> Acknowledged:
        """Take what was told; a second telling of the same command changes nothing."""
        repeated = told.command_id in self._heard
        if not repeated:
            self._heard = [*self._heard, told.command_id][-HEARD_KEPT:]
            self._commands += 1
            self._adopt(told.plan)
        return Acknowledged(revision=self._plan.revision, repeated=repeated)

    def _check(self, told: Told) -> bool:
        """The second line of defence: refuse what is not for this lead.

        Returns:
            Whether `told` follows directly on what is known here, so that its sense can be judged. What was heard
            before is a redelivery, and what skips a number was decided on news that is still on its way.
        """
        if told.lead_id != self._lead_id:
            raise ApplicationError(f"this workflow follows up lead {self._lead_id}, not {told.lead_id}")
        return told.command_id not in self._heard and told.plan.revision == self._plan.revision + 1

    # What people command.

    @workflow.update(name=CommandKind.LOG_PERSONAL_TOUCH)
    def log_personal_touch(self, told: Told) -> Acknowledged:
        """A human was in touch: the new plan pauses."""
        return self._hear(told)

    @log_personal_touch.validator
    def _touch_makes_sense(self, told: Told) -> None:
        if self._check(told) and (told.touched_at is None or told.touched_at > told.said_at + timedelta(minutes=5)):
            raise ApplicationError("a personal touch is logged after it happened; give touched_at")

    @workflow.update(name=CommandKind.RECORD_ANSWER)
    def record_answer(self, told: Told) -> Acknowledged:
        """The lead said yes or no."""
        return self._hear(told)

    @record_answer.validator
    def _answer_makes_sense(self, told: Told) -> None:
        follows = self._check(told)
        if told.answer not in ("yes", "no"):
            raise ApplicationError(f"{told.answer!r} is no answer; it is yes or no")
        if follows and self._plan.answer == "no":
            raise ApplicationError("the lead already said no")

    @workflow.update(name=CommandKind.NOT_NOW)
    def not_now(self, told: Told) -> Acknowledged:
        """The lead wants to be left alone until a date."""
        return self._hear(told)

    @not_now.validator
    def _date_makes_sense(self, told: Told) -> None:
        self._check(told)
        if told.until is None or told.until <= told.said_at:
            raise ApplicationError("not now needs a date to come back, later than when it was said")

    @workflow.update(name=CommandKind.HOLD)
    def hold(self, told: Told) -> Acknowledged:
        """Somebody pauses the machine."""
        return self._hear(told)

    @hold.validator
    def _hold_makes_sense(self, told: Told) -> None:
        follows = self._check(told)
        if told.until is None or told.until <= told.said_at:
            raise ApplicationError("a hold needs an end, later than when it was placed")
        self._must_run(follows)

    @workflow.update(name=CommandKind.RESUME)
    def resume(self, told: Told) -> Acknowledged:
        """Somebody ends the hold."""
        return self._hear(told)

    @resume.validator
    def _resume_makes_sense(self, told: Told) -> None:
        if self._check(told) and self._plan.hold is None:
            raise ApplicationError("the lead is not on hold; there is nothing to resume")

    @workflow.update(name=CommandKind.SKIP_STEP)
    def skip_step(self, told: Told) -> Acknowledged:
        """Somebody leaves the next step out."""
        return self._hear(told)

    @skip_step.validator
    def _skip_makes_sense(self, told: Told) -> None:
        follows = self._check(told)
        self._must_run(follows)
        if follows and told.step_id != self._plan.next_step:
            raise ApplicationError(f"the next step is {self._plan.next_step!r}; only the next one can be skipped")

    @workflow.update(name=CommandKind.SWITCH_CADENCE)
    def switch_cadence(self, told: Told) -> Acknowledged:
        """Another cadence takes over."""
        return self._hear(told)

    @switch_cadence.validator
    def _switch_makes_sense(self, told: Told) -> None:
        if self._check(told) and self._plan.answer is not None:
            raise ApplicationError(f"the lead already said {self._plan.answer}")

    @workflow.update(name=CommandKind.REASSIGN)
    def reassign(self, told: Told) -> Acknowledged:
        """Another colleague owns the lead."""
        return self._hear(told)

    @reassign.validator
    def _reassignment_makes_sense(self, told: Told) -> None:
        if self._check(told) and told.owner == self._plan.owner:
            raise ApplicationError(f"{told.owner!r} already owns the lead")

    @workflow.update(name=CommandKind.COMPLETE_TASK)
    def complete_task(self, told: Told) -> Acknowledged:
        """A person did a task and said how it went."""
        return self._hear(told)

    @complete_task.validator
    def _completion_makes_sense(self, told: Told) -> None:
        if self._check(told) and told.task_id not in self._plan.open_tasks:
            raise ApplicationError("the task is not open any more")

    # What leads say and providers report. A signal can't be refused, so one for another lead is dropped. They come raw,
    # since the SDK drops a signal for ever that it can't read, as one of a newer release may be: read here, it fails
    # this workflow task instead, which is asked for again until a worker of that release takes it.

    @workflow.signal(name=CommandKind.LEAD_ASKED_AGAIN)
    def lead_asked_again(self, told: RawValue) -> None:
        """The person came in once more."""
        self._overhear(told)

    @workflow.signal(name=CommandKind.LEAD_REPLIED)
    def lead_replied(self, told: RawValue) -> None:
        """The lead wrote; the new plan holds for a person's answer."""
        self._overhear(told)

    @workflow.signal(name=CommandKind.CONTACT_POINT_LOST)
    def contact_point_lost(self, told: RawValue) -> None:
        """An address or number can't be used any more."""
        self._overhear(told)

    @workflow.signal(name=CommandKind.LEAD_OPTED_OUT)
    def lead_opted_out(self, told: RawValue) -> None:
        """The person stopped the messages."""
        self._overhear(told)

    @workflow.signal(name=CommandKind.MESSAGE_REPORTED)
    def message_reported(self, told: RawValue) -> None:
        """A provider reported what became of a message."""
        self._overhear(told)

    @workflow.signal(name=CommandKind.PLAN_CHANGED)
    def plan_changed(self, told: RawValue) -> None:
        """Something that the plan rests on changed, at nobody's command to this lead."""
        self._overhear(told)

    def _overhear(self, raw: RawValue) -> None:
        told: Told = workflow.payload_converter().from_payload(raw.payload, Told)
        if told.lead_id == self._lead_id:
            self._hear(told)

    @workflow.signal(name=REFRESH_SIGNAL)
    def refresh(self) -> None:
        """Whoever runs us released new code: the next run takes it. An activity that is at work finishes first."""
        self._refresh_asked = True

    def _must_run(self, follows: bool) -> None:
        if follows and self._plan.ended is not None:
            raise ApplicationError(f"the lead's cadence is not running ({self._plan.ended})")

    @workflow.query(name=PROGRESS_QUERY)
    def progress(self) -> Progress:
        """The plan in force."""
        return Progress(lead_id=self._lead_id, plan=self._plan, waiting=not self._at_work)


def _shown(plan: Plan) -> tuple[str, str, str, str]:
    """The values of the search attributes, in their order."""
    return plan.cadence, plan.version, plan.owner, plan.stage


def _details(plan: Plan) -> str:
    """What Temporal's UI shows of the lead, in Markdown; never anything about the person."""
    lines = [f"**{plan.cadence}** version {plan.version}, stage {plan.stage}, owner {plan.owner}"]
    if plan.ended is not None:
        lines.append(f"messages ended: {plan.ended}")
    if plan.next_touch is not None and plan.next_touch_at is not None:
        due = f", due {plan.due_at:%Y-%m-%d %H:%M} UTC" if plan.due_at else ""
        lines.append(f"next: {plan.next_touch}, {plan.next_touch_at:%Y-%m-%d %H:%M} UTC{due}")
    if plan.hold is not None and plan.held_until is not None:
        lines.append(f"on hold ({plan.hold.replace('_', ' ')}) until {plan.held_until:%Y-%m-%d %H:%M} UTC")
    if plan.wake is not None:
        lines.append(f"the machine acts: {plan.wake.summary}, {plan.wake.at:%Y-%m-%d %H:%M} UTC")
    return "\n\n".join(lines)
