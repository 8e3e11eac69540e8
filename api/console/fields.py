"""The fields of a form: what is wrong with one is said there, also to whoever hears the page, and one goes on there."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from api.console import kit
from api.problems import ValueRefused
from cadences.refusals import CommandRefused
from leads.capture import CaptureRefused
from leads.staff import StaffRefused

_SLOT = "error"
"""Quasar's place for what is wrong, below the field."""


class Fields:
    """The fields of a form from the first to the last, by the names that refusals have for them."""

    def __init__(self, **fields: ValidationElement[Any]) -> None:
        """
        Args:
            fields: inputs, text areas and selects.
        """
        self._fields = fields

    def are_right(self, **objections: str) -> bool:
        """Whether nothing is wrong; what is, is marked.

        Args:
            objections: what is wrong with a field, and what to do instead; empty where it is right.
        """
        self.unmark()
        wrong = [name for name in self._fields if objections.get(name)]
        for name in wrong:
            _mark(self._fields[name], objections[name])
        if wrong:
            self._fields[wrong[0]].run_method("focus")
        return not wrong

    def mark(self, error: Exception) -> bool:
        """Mark the field that was refused; False when the error is about none of these."""
        if not isinstance(error, ValueRefused | CommandRefused | CaptureRefused | StaffRefused):
            return False
        name = error.field.rpartition(".")[2]  # of a path, like meeting.at
        field = self._fields.get(name)
        return field is not None and not field.is_deleted and not self.are_right(**{name: kit.sentence(error.message)})

    def unmark(self) -> None:
        """Nothing is wrong any more, or yet."""
        for field in self._fields.values():
            _unmark(field)


def objection(read: Callable[..., object], text: str | None, *more: object) -> str:
    """Why what was written can't be read, and what to write instead; empty where it can be, or nothing was written.

    Args:
        read: reads it, as `normal_email` does.
        more: what reading it takes besides.
    """
    try:
        if text:
            read(text, *more)
    except CaptureRefused as refused:
        return kit.sentence(refused.message)
    return ""


def _mark(field: ValidationElement[Any], text: str) -> None:
    if _SLOT not in field.slots:
        with field.add_slot(_SLOT):
            ui.element("div").props("role=alert")
        field.on_value_change(lambda: _unmark(field))
    said = field.slots[_SLOT].children[0]
    said.clear()
    with said:
        kit.said(text)
    # Quasar tells nobody who hears the page which field it is. And in the place that it keeps for them, words of two
    # lines would run over what is below.
    field.props["error"] = True
    field.props["hide-bottom-space"] = True
    _describe(field, {"aria-invalid": "true", "aria-describedby": said.html_id})


def _unmark(field: ValidationElement[Any]) -> None:
    if not field.props.get("error"):
        return
    field.props["error"] = None
    del field.props["hide-bottom-space"]
    _describe(field, {"aria-invalid": None, "aria-describedby": None})


def _describe(field: ValidationElement[Any], attributes: Mapping[str, str | None]) -> None:
    """Tell whoever hears the page; None takes an attribute away."""
    if isinstance(field, ui.select) and "use-input" not in field.props:
        # Quasar hands attributes on to what one types in, and here one types nothing.
        field.client.run_javascript(f"followthrough.describe({json.dumps(field.html_id)}, {json.dumps(attributes)})")
        return
    for name, value in attributes.items():
        if value is None:
            del field.props[name]
        else:
            field.props[name] = value
