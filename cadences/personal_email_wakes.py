"""When the machine sends what colleagues wrote."""

from collections.abc import Iterator

from cadences.case import Case
from leads.contract import Wake, WakeKind
from leads.personal_emails import EmailState


def personal_email_wakes(case: Case) -> Iterator[Wake]:
    """The instants at which a personal email is to be sent, whatever the plan holds or has ended with."""
    for email in case.emails:
        if email.state is EmailState.WAITING:
            yield Wake(
                kind=WakeKind.SEND_PERSONAL_EMAIL,
                at=email.due_at,
                step_id=email.step_id,
                summary="send a personal email",
            )
