"""A colleague's email as it will stand in the lead's mailbox: whom it comes from, and which conversation it goes on."""

from datetime import datetime
from uuid import UUID

from adapters.db.cases import OpenCase
from api.problems import ValueRefused
from cadences.subjects import honest_subject
from leads.ids import derived_id
from leads.model import Colleague
from leads.personal_emails import PersonalEmail


async def personal_email(
    file: OpenCase, by: str, *, subject: str, text: str, answers: UUID | None, now: datetime
) -> PersonalEmail:
    """The email that a colleague writes to the lead of an open case.

    It comes from the colleague's own address where there is one (`follow senders`); else from the company's, in the
    colleague's name.

    Raises:
        ValueRefused: whoever writes is none of our people.
    """
    writer: Colleague | None = await file.colleague(by)
    if writer is None or not writer.active:
        raise ValueRefused("by", "name the colleague who writes the email")
    own, thread = await file.own_sender(by), await file.thread()
    message_id, followed = thread if thread is not None else ("", None)
    address, name = own if own is not None else ("", "")
    return PersonalEmail(
        id=derived_id(file.case.lead.id, "personal email", by, now.isoformat()),
        enrollment_id=file.case.enrollment.id,
        by=by,
        sender=address,
        sender_name=name or writer.name,
        reply_to=writer.email or "" if own is None else "",
        subject=honest_subject(subject, followed),
        text=text,
        written_at=now,
        answers=answers,
        follows=message_id,
    )
