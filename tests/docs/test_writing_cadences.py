"""The guide for marketing says what is true: every key, every field, and examples that pass the check."""

import re
from pathlib import Path

import pytest

from cadences.bundle import CadenceBundle
from cadences.conditions import FIELDS, OUTCOMES, Clause
from cadences.fields import TEMPLATE_FIELDS
from cadences.library import library_folder
from cadences.lint import check
from cadences.mistakes import every_model, keys_of
from cadences.model import Cadence
from cadences.reading import read
from cadences.schema import cadence_schema
from cadences.templating import FILTERS
from leads.findings import Finding
from leads.spans import Span, Unit

GUIDE = (Path(__file__).parents[2] / "docs/writing-cadences.md").read_text("utf-8")
MODELS = {name or "cadence": model for name, model in every_model().items()}
TEMPLATES = {
    "email": "---\nsubject: Hello\n---\nHi {{ first_name }}\n",
    "sms": "{{ our_name }}: hi. Reply STOP to opt out.\n",
    "call": "# Call\n",
}


def table(marker: str) -> list[list[str]]:
    """The rows of the table below a marker, as cells."""
    rows = GUIDE.split(f"<!-- {marker} -->\n")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def blocks(language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", GUIDE)


def findings(text: str) -> list[Finding]:
    """What `check` says about an example whose templates exist and are good."""
    reading = read(text)
    assert reading.cadence is not None, reading.findings
    templates = {path: TEMPLATES[path.split("/")[0]] for path in reading.templates()}
    return check(CadenceBundle(reading.cadence.name, text, templates), known_cadences={"not-now"})


def test_every_part_of_a_cadence_has_its_table() -> None:
    assert set(re.findall(r"<!-- keys: (\S+) -->", GUIDE)) == set(MODELS)


@pytest.mark.parametrize("part", MODELS)
def test_table_has_exactly_the_keys_of_the_model(part: str) -> None:
    documented = [re.findall(r"^`(\w+)`$", row[0])[0] for row in table(f"keys: {part}")]
    assert documented == keys_of(MODELS[part])


@pytest.mark.parametrize("part", MODELS)
def test_table_tells_the_defaults_of_the_model(part: str) -> None:
    schema, model = cadence_schema(), MODELS[part]
    described = schema if model is Cadence else schema["$defs"][model.__name__]
    for row in table(f"keys: {part}"):
        key = row[0].strip("`")
        default = described["properties"][key].get("default")
        if default:
            assert str(default) in row[2], key
        assert (key in described.get("required", ())) == (row[2] == "must be there"), key


def test_every_key_is_linked_to_a_heading_that_exists() -> None:
    headings = {
        re.sub(r"[^\w -]", "", found.lower()).replace(" ", "-") for found in re.findall(r"(?m)^#+ (.+)$", GUIDE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) <= headings


def test_table_of_fields_is_the_one_of_the_code() -> None:
    documented = [(row[0].strip("`"), row[1], row[2], row[3] == "yes") for row in table("fields")]
    assert documented == [(field.name, field.meaning, field.example, field.always) for field in TEMPLATE_FIELDS]


def test_example_is_the_shipped_file() -> None:
    assert blocks("yaml complete")[0] == (library_folder() / "inbound-web.yaml").read_text("utf-8")


@pytest.mark.parametrize("text", blocks("yaml complete"))
def test_complete_example_passes_the_check(text: str) -> None:
    assert findings(text) == []


@pytest.mark.parametrize("text", blocks("yaml"))
def test_fragment_can_be_read(text: str) -> None:
    tail = "\n  - {wait: 1 month, task: look, repeat: {every: 1 month, until: an answer}}\n"
    whole = text.rstrip() + tail if "steps:" in text else f"{text}steps:{tail}"
    assert read(f"cadence: plan\n{whole}").cadence is not None, read(f"cadence: plan\n{whole}").findings


def test_there_are_examples_to_test() -> None:
    assert len(blocks("yaml complete")) == 3
    assert len(blocks("yaml")) >= 4


def test_units_of_time_are_all_told() -> None:
    section = GUIDE.split("## Time")[1].split("## Every key")[0]
    shown = {Span.parse(text).unit for text in re.findall(r"`(\d+ [a-z ]+)`", section)}
    assert shown == set(Unit)


def test_conditions_that_are_shown_are_conditions() -> None:
    section = GUIDE.split("## Conditions")[1].split("## Templates")[0]
    rows = [row for row in section.splitlines() if row.startswith("| `")]
    shown = [text for row in rows for text in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert {Clause.parse(text).kind for text in shown} == {"consent", "has", "field", "outcome"}


def test_outcomes_and_fields_of_conditions_are_all_told() -> None:
    section = GUIDE.split("## Conditions")[1].split("## Templates")[0]
    assert all(f"`{outcome}`" in section for outcome in OUTCOMES)
    told = re.search(r"has that field: (.+?) \|", section)
    assert told is not None
    assert re.split(r", | or ", told.group(1)) == list(FIELDS)


def test_filters_are_all_told() -> None:
    told = GUIDE.split("and the filters ")[1].split("like\n")[0]
    assert set(re.findall(r"`(\w+)`", told)) == FILTERS - {"d"}
