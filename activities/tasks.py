"""Work for people: the call and other tasks of a plan, and seeing to what is overdue."""

from temporalio import activity

from activities.ports import CaseStore, Clock
from activities.steps import admitted, instant_of, is_current
from cadences.first_response import wants_relief
from cadences.hand_over import returned
from cadences.meeting_tasks import see_to_meetings
from cadences.messages import talk_track
from cadences.planning import SILENCE_STEP
from cadences.progress import see_to_overdue, task_created
from leads.contract import Plan, StepInput


class TaskActivities:
    """The steps that a person of ours carries out."""

    def __init__(self, cases: CaseStore, clock: Clock) -> None:
        self._cases = cases
        self._clock = clock

    @activity.defn
    async def create_call_task(self, step: StepInput) -> Plan:
        """Create the call task of a step, with its talk track, and say when somebody looks after it next."""
        return await self._create(step)

    @activity.defn
    async def create_task(self, step: StepInput) -> Plan:
        """Create the other task of a step, and say when somebody looks after it next."""
        return await self._create(step)

    @activity.defn
    async def see_to_overdue(self, step: StepInput) -> Plan:
        """Escalate what is overdue, give up what nobody did, and say what comes next."""
        now = instant_of(step, self._clock())
        async with self._cases.open(step.lead_id, now) as opened:
            if not is_current(step, opened):
                return opened.plan
            relief = await opened.relief() if wants_relief(opened.case, now) else None
            return await opened.save(see_to_meetings(see_to_overdue(opened.case, now, relief), now))

    async def _create(self, step: StepInput) -> Plan:
        now = instant_of(step, self._clock())
        async with self._cases.open(step.lead_id, now) as opened:
            if not is_current(step, opened):
                return opened.plan
            fresh, touch = admitted(step, opened.case, now)
            if touch is not None and touch.step.step_id == SILENCE_STEP:
                fresh = returned(fresh, await opened.story(), now)
            elif touch is not None:
                fresh = task_created(fresh, now, talk_track(fresh, opened.bundle, touch))
            return await opened.save(fresh)
