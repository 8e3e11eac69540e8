"""Shares, times and costs as people read them."""

from decimal import Decimal

from babel.numbers import format_currency, get_currency_symbol

from leads.goals import Figure, Measure

_LOCALE = "en"
"""What we say to people is English, whatever the currency is."""


def amount(figure: Figure, value: float) -> str:
    """A goal, in the unit of its figure."""
    match figure.measure:
        case Measure.COUNT:
            return f"{value:.0f}"
        case Measure.SHARE:
            return percent(value)
    return span(value)


def percent(value: float | None) -> str:
    """0.625 as 62.5 %."""
    return "" if value is None else f"{value * 100:.1f}".removesuffix(".0") + " %"


def span(seconds: float | None) -> str:
    """Seconds as people say them: 45 s, 20 min, 2 h 30, 1 d 21 h."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02}" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def money(amount: Decimal | None, currency: str, *, exact: bool = False) -> str:
    """A cost in English, with its currency: $18.50; nothing where there is none.

    Args:
        currency: ISO 4217 code, the company's.
        exact: every decimal that is there, for prices that are less than the smallest coin: $0.0079.
    """
    if amount is None:
        return ""
    # The Unicode Consortium's data (CLDR) for English sets letters apart from the number, which babel leaves out.
    letters = get_currency_symbol(currency, locale=_LOCALE)[-1].isalpha()
    return format_currency(
        amount,
        currency,
        "\u00a4\u00a0#,##0.00" if letters else None,
        locale=_LOCALE,
        decimal_quantization=not exact,
    )
