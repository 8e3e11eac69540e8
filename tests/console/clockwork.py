"""What Temporal and the worker do for leads, without them: the activity of each plan's wake, when it is due."""

from datetime import datetime
from uuid import UUID

from activities.ports import MessageSender
from adapters.db.cases import CaseStore
from leads.contract import Plan, StepInput, WakeKind
from leads.links import Links
from runtime.bootstrap import activities_of
from tests.api.fakes import RecordingDelivery
from tests.clocks import SettableClock


class Clockwork:
    """Holds the newest plan of every lead, as their workflows would."""

    def __init__(self, cases: CaseStore, sender: MessageSender, links: Links, clock: SettableClock) -> None:
        activities = activities_of(
            cases=cases,
            email=sender,
            sms=sender,
            links=links,
            delivery=RecordingDelivery(),  # type: ignore[arg-type]  # what it tells, nobody hears here
            clock=clock,
        )
        messages, tasks = activities.messages, activities.tasks
        self._clock = clock
        self._plans: dict[UUID, Plan] = {}
        self._does = {
            WakeKind.SEND_EMAIL: messages.send_email,
            WakeKind.SEND_SMS: messages.send_sms,
            WakeKind.SEND_INVITATION: messages.send_invitation,
            WakeKind.SEND_PERSONAL_EMAIL: messages.send_personal_email,
            WakeKind.LOOK_UP_SEND: messages.look_up_send,
            WakeKind.CREATE_CALL_TASK: tasks.create_call_task,
            WakeKind.CREATE_TASK: tasks.create_task,
            WakeKind.SEE_TO_OVERDUE: tasks.see_to_overdue,
        }

    def adopt(self, lead_id: UUID, plan: Plan) -> None:
        """Take a newer plan."""
        self._plans[lead_id] = plan

    def forget(self, lead_id: UUID) -> None:
        """The lead is no more."""
        del self._plans[lead_id]

    def next(self) -> tuple[datetime, UUID] | None:
        """The lead that something is due for next, and when."""
        waits = [(plan.wake.at, lead_id) for lead_id, plan in self._plans.items() if plan.wake is not None]
        # At the same instant, whoever came first; ids are chance.
        return min(waits, key=lambda one: one[0]) if waits else None

    async def act(self, lead_id: UUID) -> None:
        """Do what is due for a lead."""
        plan = self._plans[lead_id]
        wake = plan.wake
        assert wake is not None
        step = StepInput(
            lead_id=lead_id,
            enrollment_id=plan.enrollment_id,
            revision=plan.revision,
            kind=wake.kind,
            step_id=wake.step_id,
            occurrence=wake.occurrence,
            asked_at=self._clock(),
        )
        self.adopt(lead_id, await self._does[wake.kind](step))
