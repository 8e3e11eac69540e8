"""What a previewed touch says: the very message, or talk track, that the engine would write."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cadences.bundle import CadenceBundle
from cadences.messages import compose, talk_track
from cadences.preview import PreviewedTouch
from cadences.sms import SmsSize, measure
from cadences.templating import TemplateMistake
from leads.links import Links
from leads.model import Channel
from leads.sending import OutgoingMessage
from leads.tokens import TokenKey

_MESSAGES = (Channel.EMAIL, Channel.SMS)
_ASSUMED_ID = "<preview@localhost>"


@dataclass(frozen=True, slots=True)
class Written:
    """What a touch says."""

    message: OutgoingMessage | None
    """An email or a text."""
    task: str
    """What a colleague reads, for a call or other work."""
    size: SmsSize | None = None
    """Of a text."""


def links_to_nowhere(base_url: str) -> Links:
    """Links that look as those of a real message do, and that our pages take for forged: a preview opens nothing."""
    return Links(base_url=base_url, key=TokenKey(b"links in a preview lead nowhere"))


def written(bundle: CadenceBundle, touches: Sequence[PreviewedTouch], number: int, links: Links) -> Written:
    """What the touch of this number says; every email before it has arrived, so that a `Re:` is true.

    Raises:
        TemplateMistake: its template can't be rendered for this lead.
    """
    wanted = touches[number - 1]
    if wanted.channel not in _MESSAGES:
        return Written(None, talk_track(wanted.case, bundle, wanted.touch))
    subject = None
    for touch in touches[: number - 1]:
        if touch.channel is Channel.EMAIL:
            subject = _subject(bundle, touch, subject, links) or subject
    message = _composed(bundle, wanted, subject, links)
    return Written(message, "", measure(message.text) if wanted.channel is Channel.SMS else None)


def _subject(bundle: CadenceBundle, touch: PreviewedTouch, before: str | None, links: Links) -> str | None:
    """The subject of an earlier email; None for one that could not be written, and so never went out."""
    try:
        return _composed(bundle, touch, before, links).subject
    except TemplateMistake:
        return None


def _composed(bundle: CadenceBundle, touch: PreviewedTouch, before: str | None, links: Links) -> OutgoingMessage:
    case = touch.case
    if before is not None:
        went_before = replace(case.correspondence, last_subject=before, last_message_id=_ASSUMED_ID)
        case = replace(case, correspondence=went_before)
    return compose(case, bundle, touch.touch, case.enrollment.id, links)
