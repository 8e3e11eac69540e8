"""The policy's part about law: which rows of the contact rules hold today, with their citations."""

from collections.abc import Iterator
from datetime import date, time

from cadences.policy_words import clock, day_names
from cadences.rules import DoNotCallRow, EmailRow, HoursRow, RuleBook, valid_on
from leads.staff_mails import plain


def law(rules: RuleBook, today: date) -> str:
    """The rules of contact that are valid today, which the machine keeps by itself and people must keep, too."""
    return "\n".join(
        ["## What the law permits", "", *_hours(rules, today), *_permission(rules, today), *_stop(rules, today)]
    )


def _hours(rules: RuleBook, today: date) -> Iterator[str]:
    yield (
        "Texts and calls go out only while they are permitted on every clock that the person may be living by; where "
        "nothing tells the state, all states count."
    )
    yield ""
    federal = valid_on(rules.hours.federal, today)
    if federal is not None:
        yield f"- everywhere: {_hours_of(federal)}"
    for state in sorted(rules.hours.states):
        row = valid_on(rules.hours.states[state], today)
        if row is not None and (row.hours is not None or row.cap is not None):
            yield f"- {state}: {_hours_of(row)}"


def _hours_of(row: HoursRow) -> str:
    parts = []
    spans: dict[tuple[time, time], set[int]] = {}
    for day, span in (row.hours or {}).items():
        spans.setdefault(span, set()).add(day)
    for (opens, closes), days in sorted(spans.items(), key=lambda one: min(one[1])):
        parts.append(f"{day_names(days)} {clock(opens)} to {clock(closes)}")
    if row.cap is not None:
        parts.append(f"at most {row.cap} calls and texts in 24 hours")
    return f"{', '.join(parts)} ({plain(row.citation)}{'' if row.confirmed else '; not confirmed'})"


def _permission(rules: RuleBook, today: date) -> Iterator[str]:
    yield "- a text needs a consent to texts to that very number, with its wording, when, how and where it was given"
    registry = rules.do_not_call(today)
    if registry is not None:
        yield f"- {_registry(registry)}"
    countries = sorted({country for row in rules.permission.email for country in row.countries})
    rows: dict[int, tuple[EmailRow, list[str]]] = {}
    for country in countries:
        row = rules.email(country, today)
        if row is not None:
            rows.setdefault(id(row), (row, []))[1].append(country)
    for row, where in sorted(rows.values(), key=lambda one: one[1]):
        yield f"- {_email(row, where)}"


def _registry(row: DoNotCallRow) -> str:
    unknown = "may be called" if row.never_checked == "allow" else "must not be called"
    return (
        "a number on the Do-Not-Call registry gets no call or text without a consent, but within "
        f"{row.after_purchase} of a purchase or {row.after_inquiry} of an inquiry; it is looked up again after "
        f"{row.check_every_days} days, and a number that never was {unknown} ({plain(row.citation)})"
    )


def _email(row: EmailRow, countries: list[str]) -> str:
    known = ", ".join(
        f"{what}{f' of the last {span}' if span is not None else ''}"
        for what, span in (("an inquiry", row.after_inquiry), ("a purchase", row.after_purchase))
    )
    return f"email to people in {', '.join(countries)} needs a consent, {known} ({plain(row.citation)})"


def _stop(rules: RuleBook, today: date) -> Iterator[str]:
    row = valid_on(rules.opting_out.revocation, today)
    if row is not None:
        covers = "every channel" if row.covers == "all" else _covered(row.covers)
        yield f"- a stop covers {covers} ({plain(row.citation)})"
    deadline = valid_on(rules.opting_out.deadline, today)
    if deadline is not None:
        days = deadline.business_days
        yield f"- the machine stops at once; the law gives {days} business days ({plain(deadline.citation)})"


def _covered(covers: object) -> str:
    pairs = covers.items() if isinstance(covers, dict) else ()
    return "; ".join(
        f"by {channel.value}: {', '.join(sorted(one.value for one in channels))}" for channel, channels in sorted(pairs)
    )
