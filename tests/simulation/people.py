"""Who works in the simulated business, when, and who is away."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from leads.model import Colleague, Company, Role
from leads.work_hours import WorkHours

START = datetime(2035, 1, 8, 5, tzinfo=UTC)
"""Monday, midnight in New York; so far ahead that the test server's clock can jump to it."""
WEEKS = 12
COMPANY = Company(
    name="Example Company",
    zone="America/New_York",
    country="US",
    postal_address="1 Example Street, Springfield, IL 62701",
    sender_name="Example Company",
    sender_email="hello@example.com",
    hours=WorkHours(calendar="US"),
)
HOLIDAYS = (date(2035, 1, 15), date(2035, 2, 19))
"""On weekdays of these weeks: Martin Luther King's day, Washington's birthday."""
EARLY, LATE = WorkHours.parse("mon-fri 08:00-16:00"), WorkHours.parse("mon-fri 10:00-18:30")


def _rep(name: str, team: str, **given: object) -> Colleague:
    email = f"{name}@example.com"
    return Colleague(name, name.capitalize(), email, team=team, **given)  # type: ignore[arg-type]


REPS = (
    _rep("ada", "east"),
    _rep("bo", "east", hours=EARLY),
    _rep("cleo", "east", hours=LATE, weight=2),
    _rep("dan", "east"),
    _rep("eve", "west", zone="America/Los_Angeles"),
    _rep("finn", "west", zone="America/Chicago"),
    _rep("gil", "west", weight=2),
    _rep("hana", "west", hours=LATE),
)
MANAGERS = (
    Colleague("mia", "Mia", "mia@example.com", role=Role.MANAGER, team="east"),
    Colleague("noor", "Noor", "noor@example.com", role=Role.MANAGER, team="west"),
)


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days on which a rep is away, the last one too."""

    rep: str
    first: date
    last: date
    cover: str | None = None
    """Who does the rep's calls meanwhile; None: they wait."""


ABSENCES = (
    DaysOff("bo", date(2035, 1, 22), date(2035, 1, 26), cover="ada"),
    DaysOff("eve", date(2035, 2, 12), date(2035, 2, 16)),
    DaysOff("gil", date(2035, 3, 5), date(2035, 3, 9), cover="finn"),
)


def is_off(rep: str, day: date) -> bool:
    """Whether a rep is away on a day of the rep's own clock."""
    return any(one.rep == rep and one.first <= day <= one.last for one in ABSENCES)
