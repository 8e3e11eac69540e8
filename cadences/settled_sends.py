"""What became of a message that nobody knew about turned out: by itself, or because a person found out."""

from datetime import datetime
from uuid import UUID

from cadences.case import Case
from cadences.facts import SendSettled
from cadences.personal_emails import could_not_send, email_out
from cadences.progress import close_task
from cadences.tasks import Outcome, Task, TaskState
from cadences.unknown_sends import unknown_touch
from leads.personal_emails import EmailState, read_personal_step


def send_settled(case: Case, reference: UUID, *, sent: bool, now: datetime) -> Case:
    """What became of a message turned out by itself: if somebody was to find out, that is needless now."""
    task = next((task for task in case.open_tasks if unknown_touch(task) == reference), None)
    if task is None:
        return case
    outcome = Outcome.SENT if sent else Outcome.NOT_SENT
    case = close_task(case, task, TaskState.DONE, now, "followthrough", outcome, "the provider said so")
    return found_out(case, task, sent=sent, now=now)


def found_out(case: Case, task: Task, *, sent: bool, now: datetime) -> Case:
    """The ledger learns what became of the message that a task is about, which is closed by now.

    The plan has gone on long since, and nothing is sent again; but what a colleague wrote counts as a contact from
    when it went out, and is given back to its writer if it did not.
    """
    reference = unknown_touch(task)
    if reference is None:
        return case
    case = case.with_fact(SendSettled(reference, sent))
    email = case.email(read_personal_step(task.step_id))
    if email is None or email.state is not EmailState.UNKNOWN:
        return case
    return email_out(case, email, now) if sent else could_not_send(case, email, now, "it never arrived at the provider")
