"""The daily review in words: Markdown that mentions leads by id, for the manager's mail and the terminal."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cadences.reviews import Forgotten, Listed, RepDay, Review
from leads.staff_mails import mention, plain

LeadPage = Callable[[UUID], str]
"""Where a colleague sees a lead."""


def review_subject(review: Review) -> str:
    """The day, and how much of it asks for a look."""
    missed = sum(rep.missed.total for rep in review.reps)
    overdue = sum(rep.overdue.total for rep in review.reps)
    late = sum(rep.responses_missed.total for rep in review.reps)
    counts = [f"{missed} missed", f"{overdue} overdue", f"{late} first response{'s' * (late != 1)} missed"]
    wrong = ", ".join(words for words, count in zip(counts, (missed, overdue, late), strict=True) if count)
    return f"Review of {review.day:%a %d %b %Y}: {wrong or 'nothing missed'}"


def review_markdown(review: Review, people: Mapping[str, str], page: LeadPage) -> str:
    """The whole review.

    Args:
        people: what the colleagues are called.
        page: where a lead is seen.
    """
    zone = ZoneInfo(review.zone)
    since, until = (f"{at.astimezone(zone):%a %d %b %Y %H:%M}" for at in (review.since, review.until))
    words = _Words(zone, page)
    parts = [f"From {since} to {until}, {plain(review.zone)}."]
    parts += ["\n".join([f"## {plain(people.get(rep.rep, rep.rep))}", "", *words.of_rep(rep)]) for rep in review.reps]
    if not review.forgotten.is_empty:
        parts.append("\n".join(["## Not to be forgotten", "", *words.of_forgotten(review.forgotten, people)]))
    return "\n\n".join(parts)


class _Words:
    """Writes the lines of one review."""

    def __init__(self, zone: ZoneInfo, page: LeadPage) -> None:
        self._zone = zone
        self._page = page

    def of_rep(self, rep: RepDay) -> Iterator[str]:
        if rep.is_empty:
            yield "Nothing was due, and nothing happened."
            return
        late = f", {rep.done_late} of them late" if rep.done_late else ""
        how = ", ".join(f"{count} {plain(outcome)}" for outcome, count in rep.outcomes.items())
        yield f"- due: {rep.due}; done: {rep.done}{late}{f' ({how})' if how else ''}"
        yield from self._list("missed", rep.missed, "due")
        yield from self._list("overdue and still open", rep.overdue, "due")
        responses = rep.responses_met + rep.responses_missed.total + rep.responses_running
        if responses:
            counts = f"{rep.responses_met} in time, {rep.responses_missed.total} missed"
            yield f"- first responses: {counts}, {rep.responses_running} still to come"
        yield from self._list("first responses missed", rep.responses_missed, "due")
        yield from self._list("questions of earlier days without an answer", rep.responses_owed, "due")
        yield from self._list("new leads", rep.new_leads, "came")
        yield from self._list("said yes", rep.yes)
        yield from self._list("said no", rep.no)
        yield from self._list("said not now", rep.not_now)
        yield from self._list("on hold", rep.holds, "until")

    def of_forgotten(self, forgotten: Forgotten, people: Mapping[str, str]) -> Iterator[str]:
        yield from self._list("leads of people who work here no more", forgotten.owned_by_nobody, "since", people)
        yield from self._list("messages of which nobody knows whether they went out", forgotten.unknown_sends, "since")
        for alert in forgotten.alerts:
            yield f"- to be mended: {plain(alert)} (`follow alerts`)"
        if forgotten.inbox:
            yield f"- messages that fit no lead: {forgotten.inbox} (`follow inbox`)"
        if forgotten.mails_not_sent:
            yield f"- mails to colleagues that did not arrive: {forgotten.mails_not_sent} (`follow staff-mails`)"

    def _list(
        self, what: str, listed: Listed, clock: str = "", names: Mapping[str, str] | None = None
    ) -> Iterator[str]:
        if not listed.total:
            return
        yield f"- {what}: {listed.total}"
        for item in listed.items:
            said = plain((names or {}).get(item.what, item.what))
            parts = (said, f"{clock} {self._local(item.at)}".strip())
            yield f"  - [{mention(item.lead_id)}]({self._page(item.lead_id)}), {', '.join(filter(None, parts))}"
        if listed.total > len(listed.items):
            yield f"  - and {listed.total - len(listed.items)} more"

    def _local(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%a %d %b %H:%M}"
