"""The fields of a colleague, as an admin writes them; only what was changed is handed on."""

from collections.abc import Mapping

from nicegui import ui

from api.console.fields import Fields
from leads.model import Colleague, Role

_FIELDS = {
    "name": "First and last name",
    "email": "Email",
    "phone": "Phone",
    "role": "Role",
    "team": "Team",
    "zone": "Time zone",
    "hours": "Hours",
    "calendar": "Public holidays of",
    "skills": "Skills",
    "weight": "Share of new leads",
    "calls_per_day": "Calls a day",
    "first_response": "First response within",
}
_HINTS = {
    "email": "Where news of leads go to.",
    "zone": "Like America/Denver; empty: the company's.",
    "hours": "Like mon-fri 09:00-17:30; empty: the company's.",
    "calendar": "Like US, or US-CA.",
    "skills": "Languages, products, with commas.",
    "weight": "Beside the others'; 0 takes none.",
    "first_response": "Like 4 hours; empty: the cadence's.",
}
_BRIEF = ("name", "email", "phone", "role")
_PRIVATE = frozenset({"name", "email", "phone"})
_ROLES = {
    Role.REP: "rep: follows leads up",
    Role.MANAGER: "manager: sees all, reads reviews",
    Role.PARTNER: "partner: a dealer outside of the house",
    Role.EXPERT: "expert: answers what others can't",
    Role.MARKETING: "marketing: writes cadences and answers",
    Role.ADMIN: "admin: keeps the house",
}


class ColleagueForm:
    """The fields."""

    def __init__(self, texts: Mapping[str, str], *, brief: bool = False) -> None:
        """Build them where we are.

        Args:
            texts: what stands there now.
            brief: only what a new colleague needs.
        """
        self._before = {name: texts.get(name, "") for name in (_BRIEF if brief else _FIELDS)}
        if brief:
            self._before["role"] = ""
        self._fields: dict[str, ui.input | ui.select] = {}
        with ui.element("div").classes("ft-fields"):
            for name, text in self._before.items():
                if name == "role":
                    roles = {role.value: words for role, words in _ROLES.items()}
                    field: ui.input | ui.select = ui.select(roles, label="Role", value=text or Role.REP.value)
                else:
                    field = ui.input(_FIELDS[name], value=text)
                field.props("outlined dense")
                if name in _HINTS:
                    field.props["hint"] = _HINTS[name]
                self._fields[name] = field

    def fields(self, **before: ui.input) -> Fields:
        """All of them.

        Args:
            before: those of the same form that stand before them.
        """
        return Fields(**before, **self._fields)

    def changed(self) -> dict[str, str]:
        """What stands there now and did not before, as it is written."""
        now = {name: str(field.value or "").strip() for name, field in self._fields.items()}
        return {name: text for name, text in now.items() if text != self._before[name]}

    def keep(self) -> None:
        """What stands there now was saved."""
        self._before |= self.changed()

    def before(self, changed: Mapping[str, str]) -> dict[str, str]:
        """What the audit log has of how it was."""
        return self.told({name: self._before[name] for name in changed})

    def told(self, texts: Mapping[str, str]) -> dict[str, str]:
        """What the audit log has of values: that a name or an address was changed, not what it is."""
        return {name: "(not kept)" if name in _PRIVATE and text else text for name, text in texts.items()}


def texts_of(one: Colleague) -> dict[str, str]:
    """What stands in the fields for a colleague."""
    values = {
        **{name: getattr(one, name) for name in ("name", "email", "phone", "team", "zone", "calendar", "hours")},
        "role": one.role.value,
        "skills": ", ".join(one.skills),
        "weight": one.weight,
        "calls_per_day": one.calls_per_day,
        "first_response": one.first_response,
    }
    return {name: "" if value is None else str(value) for name, value in values.items()}
