"""How far a span of time reaches in days: at least, about and at most, since months and business days vary."""

from leads.spans import Span, Unit

_MINUTES = {Unit.MINUTE: 1, Unit.HOUR: 60, Unit.DAY: 1440, Unit.WEEK: 7 * 1440}
_DAY = 1440


def at_least_days(span: Span | None) -> float:
    """The shortest time it can take; nothing for no span."""
    if span is None:
        return 0.0
    if span.unit is Unit.BUSINESS_DAY:
        return float(span.amount)
    if span.unit is Unit.MONTH:
        return max(28.0 * span.amount, 30.4 * span.amount - 3)
    return span.amount * _MINUTES[span.unit] / _DAY


def at_most_days(span: Span | None) -> float:
    """The longest time it can take, with weekends of a five-day week and a generous number of holidays."""
    if span is None:
        return 0.0
    if span.unit is Unit.BUSINESS_DAY:
        return 7 * (span.amount / 5) + 2 + span.amount / 10 + (3 if span.amount else 0)
    if span.unit is Unit.MONTH:
        return min(31.0 * span.amount, 30.5 * span.amount + 3)
    return at_least_days(span)


def about_days(span: Span | None) -> float:
    """What it takes on the average."""
    if span is None:
        return 0.0
    if span.unit is Unit.BUSINESS_DAY:
        return span.amount * 7 / 5
    if span.unit is Unit.MONTH:
        return span.amount * 30.44
    return at_least_days(span)


def surely_shorter(one: Span, other: Span) -> bool:
    """Whether `one` is over before `other`, whenever both begin."""
    if one.unit is other.unit:
        return one.amount < other.amount
    return at_most_days(one) < at_least_days(other)
