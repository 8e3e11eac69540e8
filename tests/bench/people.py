"""The people that the bench's REST clients send."""

from typing import Any

_AREAS = (212, 646, 917, 718, 305, 312, 415, 617)
_NUMBERS = 10_000


def web_form(name: str, number: int) -> dict[str, Any]:
    """What a web form sends: a person of their own for each number, reachable by email, call and text."""
    phone = f"+1{_AREAS[number // _NUMBERS % len(_AREAS)]}555{number % _NUMBERS:04d}"
    return {
        "name": f"{name.capitalize()} Person{number}",
        "company": "Harbor Bakery",
        "email": f"{name}.{number}@example.com",
        "phone": phone,
        "zone": "America/New_York",
        "question": "Can your ovens run on single-phase power, and what would two of them cost?",
        "source": "web form",
        "consents": [{"channel": "sms", "wording": "You may text me about my request.", "method": "checkbox"}],
    }
