"""Marketing's answers as YAML: the questions that each one answers, its words, its links, and who knows more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from leads.flowing import flowing
from leads.sheets import Sheet, SheetError, read_sheet, read_text

Value = TypeVar("Value")
MOST_FORMS = 200
"""Sequences of words that one line of alternatives may stand for."""
MOST_GAPS = 3
GAP = "..."
_URL = TypeAdapter(HttpUrl)


class BuyingStage(StrEnum):
    """How far the person who asks this has come."""

    LEARNING = "learning"
    """Wants to know what there is."""
    COMPARING = "comparing"
    """Holds us against others."""
    DECIDING = "deciding"
    """Needs the last facts before an order."""


def _forms(text: str) -> str:
    """A pattern, or a keyword line, that can be read.

    Raises:
        ValueError: it can't; the message says what to write instead.
    """
    slots = text.split()
    if any(GAP in slot and slot != GAP for slot in slots) or "\u2026" in text:
        raise ValueError(f'the gap {GAP} stands by itself; write it between spaces, like "deliver to {GAP}"')
    if not any(slot != GAP for slot in slots):
        raise ValueError("there is no word in it; write the words that the question has")
    if slots.count(GAP) > MOST_GAPS:
        raise ValueError(f"it has more than {MOST_GAPS} gaps; write two shorter patterns")
    if any(not word for slot in slots for word in slot.split("/")):
        raise ValueError('a word is missing beside a slash; alternatives look like "deliver/ship"')
    count = 1
    for slot in slots:
        count *= slot.count("/") + 1
    if count > MOST_FORMS:
        raise ValueError(f"it stands for {count} sentences; {MOST_FORMS} are enough: write two lines, or synonyms")
    return text


def _no_gap(text: str) -> str:
    if GAP in text.split():
        raise ValueError(f"keywords stand in any order, so they have no gap {GAP}; write the words only, or a pattern")
    return text


def _web_address(text: str) -> str:
    try:
        _URL.validate_python(text)
    except ValidationError as error:
        raise ValueError(f"{text!r} is no web address; write it whole, like https://www.example.com/prices") from error
    return text


def _some(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """At least one; pydantic's own check would also count those that are wrong as missing."""
    if not values:
        raise ValueError("there is nothing in it; write one at least")
    return values


def _members(value: object) -> object:
    """`deliver/ship/freight` to its members."""
    if not isinstance(value, str):
        return value
    members = tuple(member.strip() for member in value.split("/"))
    if len(members) < 2 or not all(members):
        raise ValueError('synonyms are two words or more; write them like "deliver/ship/freight"')
    return members


def _flowing(value: object) -> object:
    return flowing(value) if isinstance(value, str) else value


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Pattern = Annotated[_Text, AfterValidator(_forms)]
Keywords = Annotated[_Text, AfterValidator(_no_gap), AfterValidator(_forms)]
Synonyms = Annotated[tuple[str, ...], BeforeValidator(_members)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Questions(_Part):
    """How people ask for an answer."""

    patterns: tuple[Pattern, ...] = Field((), description="Sentences with gaps: the words in this order.")
    keywords: tuple[Keywords, ...] = Field((), description="Words that are all there, in any order.")
    examples: Annotated[tuple[_Text, ...], AfterValidator(_some)] = Field(
        description="Whole questions, as people really ask them."
    )
    unless: tuple[Keywords, ...] = Field((), description="Words with which it is another question.")


class AnswerLink(_Part):
    """Where there is more to read, or to download."""

    label: _Text = Field(description="What the link says.")
    url: Annotated[_Text, AfterValidator(_web_address)] = Field(description="A web address.")


class Answer(_Part):
    """One answer."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)] = Field(
        description="Its name for ever, in reports: small letters, digits and dashes."
    )
    title: _Text = Field(description="What it is about, as a heading.")
    questions: Questions = Field(description="How people ask for it.")
    answer: Annotated[_Text, StringConstraints(max_length=4000), BeforeValidator(_flowing)] = Field(
        description="The answer itself, in Markdown; an empty line begins a paragraph, a single line end means nothing."
    )
    links: tuple[AnswerLink, ...] = Field((), description="What belongs to it: pages, drawings, price lists.")
    stage: BuyingStage | None = Field(None, description="How far somebody is who asks this.")
    product: _Text | None = Field(None, description="Which product it is about, where it is about one.")
    experts: tuple[_Text, ...] = Field((), description="Who knows more; the topic's experts when left out.")


class AnswerSheet(_Part):
    """One file: the answers of one topic."""

    topic: _Text = Field(description="What the answers of this file have in common.")
    experts: tuple[_Text, ...] = Field((), description="Ids of colleagues, the first who is there answers.")
    synonyms: tuple[Synonyms, ...] = Field((), description="Words that mean the same, in every file.")
    answers: Annotated[tuple[Answer, ...], AfterValidator(_some)] = Field(description="The answers.")


@dataclass(frozen=True, slots=True)
class Shelved:
    """An answer, and where it stands."""

    answer: Answer
    topic: str
    experts: tuple[str, ...]


@dataclass(frozen=True)
class AnswerLibrary:
    """All answers of the business."""

    sheets: tuple[AnswerSheet, ...] = ()

    @cached_property
    def answers(self) -> tuple[Shelved, ...]:
        """Every answer, file by file."""
        return tuple(
            Shelved(answer, sheet.topic, answer.experts or sheet.experts)
            for sheet in self.sheets
            for answer in sheet.answers
        )

    def get(self, answer_id: str) -> Shelved | None:
        return next((one for one in self.answers if one.answer.id == answer_id), None)

    @property
    def experts(self) -> frozenset[str]:
        """Everybody who is named as an expert."""
        return frozenset(expert for one in self.answers for expert in one.experts)


def read_answers(files: Iterable[Path]) -> list[Sheet[AnswerSheet]]:
    """Each file, read; what is wrong with one is in its findings.

    Raises:
        SheetError: a file can't be read at all.
    """
    return [read_sheet(AnswerSheet, read_text(path), str(path)) for path in files]


def load_answers(files: Iterable[Path]) -> AnswerLibrary:
    """The library in files that must be right.

    Raises:
        SheetError: one of them is not; each mistake with its line.
    """
    sheets = read_answers(files)
    findings = [found for sheet in sheets for found in sheet.findings if found.is_error]
    if findings:
        raise SheetError(findings)
    return AnswerLibrary(tuple(sheet.value for sheet in sheets if sheet.value is not None))


def forms(line: str) -> list[str]:
    """The sentences that a line with alternatives stands for: `ship/send to ...` is two."""
    slots: Sequence[Sequence[str]] = [slot.split("/") for slot in line.split()]
    return [" ".join(words) for words in product(*slots)]
