"""What the fake provider may be told to do with one request, and what it reports of the message afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum


class Answer(StrEnum):
    """How a request ends."""

    ACCEPTED = "accepted"
    ERROR = "error"
    CUT = "cut"
    """The connection is closed instead."""
    SILENCE = "silence"
    """The connection stays open, and nothing comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One callback about a delivered message."""

    event: str
    """SendGrid's `event`, or Twilio's `MessageStatus`."""
    after: timedelta = timedelta(0)
    """From the delivery. Reports go out in the order of their times, whatever order is natural."""
    times: int = 1
    """How often the very same report is made."""
    ahead: bool = False
    """It is made, and answered, before the send is: the callback wins the race for certain."""
    error_code: int | None = None
    """Twilio's ErrorCode."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Further fields, such as the `type` of a bounce."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What becomes of one request."""

    name: str
    """For tables of results."""
    delivers: bool
    answer: Answer
    wait: timedelta = timedelta(0)
    """Between the delivery and the answer."""
    status: int = 0
    """Of an error."""
    code: int | None = None
    """Twilio's own, of an error."""
    named_field: str | None = None
    """The field that SendGrid takes exception to, in an error."""
    retry_after: timedelta | None = None
    reports: tuple[Report, ...] | None = None
    """None: those that the provider makes of every message."""

    def reporting(self, *reports: Report) -> "Behaviour":
        """The same, and these callbacks."""
        return replace(self, reports=reports)


ACCEPT = Behaviour(name="accept", delivers=True, answer=Answer.ACCEPTED)
CUT_BEFORE = Behaviour(name="cut before delivery", delivers=False, answer=Answer.CUT)
CUT_AFTER = Behaviour(name="cut after delivery", delivers=True, answer=Answer.CUT)
SILENT_BEFORE = Behaviour(name="never delivered, never answered", delivers=False, answer=Answer.SILENCE)
SILENT_AFTER = Behaviour(name="delivered, never answered", delivers=True, answer=Answer.SILENCE)
FAIL_BEFORE = Behaviour(name="5xx before delivery", delivers=False, answer=Answer.ERROR, status=500)
FAIL_AFTER = Behaviour(name="5xx after delivery", delivers=True, answer=Answer.ERROR, status=503)


def late(wait: timedelta) -> Behaviour:
    """Deliver at once, answer later."""
    return Behaviour(name="late", delivers=True, answer=Answer.ACCEPTED, wait=wait)


def rate_limited(retry_after: timedelta | None = None) -> Behaviour:
    """Deliver nothing, answer 429."""
    return Behaviour(name="429", delivers=False, answer=Answer.ERROR, status=429, code=20429, retry_after=retry_after)


def refused(status: int = 400, code: int | None = None, named_field: str | None = None) -> Behaviour:
    """Deliver nothing, answer with an error: Twilio's by `code`, SendGrid's by `status` and the field it names."""
    return Behaviour(
        name=f"refused {code or status}",
        delivers=False,
        answer=Answer.ERROR,
        status=status,
        code=code,
        named_field=named_field,
    )
