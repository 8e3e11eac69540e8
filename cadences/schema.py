"""The JSON Schema of a cadence file, by which an editor completes and marks mistakes while marketing types."""

import json
from typing import Annotated, Any

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from cadences.mistakes import every_model
from cadences.model import Cadence

SCHEMA_FILE = "cadence.schema.json"
_CONTENTS = ("email", "sms", "call", "task")


def cadence_schema() -> dict[str, Any]:
    """The schema (draft 2020-12), generated from the model."""
    schema = _without_nulls(Cadence.model_json_schema(by_alias=True))
    for model in every_model().values():
        part = schema if model is Cadence else schema["$defs"][model.__name__]
        for name, field in model.model_fields.items():
            _show_default(part["properties"][field.alias or name], field)
    for name in ("Step", "Instead"):
        schema["$defs"][name]["oneOf"] = [{"required": [key]} for key in _CONTENTS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_FILE,
        **schema,
        "title": "A Followthrough cadence",
    }


def schema_text() -> str:
    """The schema as it is printed and committed."""
    return json.dumps(cadence_schema(), indent=2, ensure_ascii=False) + "\n"


def _show_default(described: dict[str, Any], field: FieldInfo) -> None:
    """Give the default as marketing would write it; a part with defaults of its own tells them itself."""
    default = described.pop("default", None)
    if default is not None:
        annotation: Any = field.annotation
        adapter = TypeAdapter(Annotated[annotation, *field.metadata] if field.metadata else annotation)
        written = adapter.dump_python(field.default, mode="json", by_alias=True)
        if not isinstance(written, dict):
            described["default"] = written


def _without_nulls(part: Any) -> Any:
    """A key that may be left out is not thereby allowed to be empty: drop null, and defaults of null."""
    if isinstance(part, list):
        return [_without_nulls(item) for item in part]
    if not isinstance(part, dict):
        return part
    cleaned = {key: _without_nulls(value) for key, value in part.items() if not (key == "default" and value is None)}
    choices = cleaned.get("anyOf")
    if isinstance(choices, list):
        choices = [choice for choice in choices if choice != {"type": "null"}]
        if len(choices) == 1:
            del cleaned["anyOf"]
            return {**choices[0], **cleaned}
        cleaned["anyOf"] = choices
    return cleaned
