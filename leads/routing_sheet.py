"""Who gets a new lead, as the business writes it down in `routing.yaml`: rules from the top, and a last resort."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from leads.capture import CaptureRefused
from leads.findings import Finding, Severity
from leads.model import Colleague, LeadKind, Role
from leads.normalising import known_country, known_state
from leads.sheets import Sheet, read_sheet
from leads.yaml_text import Path

FILE = "routing.yaml"


def _listed(value: object) -> object:
    """One word, or several, in small letters: how they are written makes no difference."""
    words = value if isinstance(value, list) else [value]
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise ValueError(f"{value!r} names nothing; write a word, or several in brackets like [one, two]")
    return tuple(" ".join(str(word).lower().split()) for word in words)


def _territories(value: object) -> object:
    words = value if isinstance(value, list) else [value]
    return tuple(_territory(word) for word in words)


def _territory(word: object) -> str:
    country, dash, state = str(word).strip().upper().partition("-")
    try:
        known_country(country)
        known = known_state(state, country) if dash else None
    except CaptureRefused as refused:
        raise ValueError(refused.message) from refused
    if dash and known is None:
        raise ValueError(f"{word!r} is no territory; write a country like DE, or a state like US-CA")
    return f"{country}-{known}" if dash else country


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Territories = Annotated[tuple[str, ...], BeforeValidator(_territories)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class When(_Part):
    """Which leads a rule is for: all lines must be true, of each line one of the words."""

    source: Words = Field((), description="Where the lead came from; `*` stands for any end, like `trade fair*`.")
    kind: LeadKind | None = Field(None, description="inbound or outbound.")
    territory: Territories = Field((), description="Countries like DE, or states like US-CA.")
    domain: Words = Field((), description="The company's own domain, like example.com.")
    industry: Words = ()
    product: Words = ()
    topic: Words = ()
    skills: Words = Field((), description="What the lead asks for, such as a language.")
    attributes: dict[str, Words] = Field({}, description="Whatever else a form asks: the attribute's name and words.")


class To(_Part):
    """Who may get the lead: all lines must be true of the colleague."""

    reps: Words = Field((), description="Short names; whatever their role is.")
    partner: Words = Field((), description="Short names of partners.")
    team: Words = Field((), description="One of these teams.")
    skills: Words = Field((), description="All of these skills.")
    role: Role | None = Field(None, description="rep, when nobody is named.")

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.reps or self.partner or self.team or self.skills or self.role):
            raise ValueError("`to` names nobody; add `reps`, `partner`, `team`, `skills` or `role`")
        return self

    def means(self, colleague: Colleague) -> bool:
        """Whether the colleague is one of those who may get it."""
        named = (*self.reps, *self.partner)
        if named and colleague.id not in named:
            return False
        role = self.role or (None if self.reps else Role.PARTNER if self.partner else Role.REP)
        return (
            (role is None or colleague.role is role)
            and (not self.team or colleague.team in self.team)
            and set(self.skills) <= set(colleague.skills)
        )


class Rule(_Part):
    """One rule: for whom it is, and who gets the lead."""

    rule: str = Field(min_length=1, max_length=100, description="Its name, as explanations show it.")
    when: When = Field(When(), description="Which leads it is for; every lead when left out.")
    same_company: Literal["owner"] | None = Field(
        None, description="`owner`: whoever has the newest lead of the same company gets this one too."
    )
    to: To | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.to is None) == (self.same_company is None):
            raise ValueError(
                f"the rule {self.rule!r} leads nowhere, or two ways; give it `to` or `same_company: owner`"
            )
        return self


class Routing(_Part):
    """The rules: the first that fits, and that has somebody who is not away, decides."""

    about: str = Field("", max_length=500)
    rules: tuple[Rule, ...] = ()
    default: To = Field(To(role=Role.REP), description="Who gets what no rule is for.")

    @property
    def asks_for_topics(self) -> bool:
        """Whether any rule wants to know what a question is about."""
        return any(rule.when.topic for rule in self.rules)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [rule.rule for rule in self.rules]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two rules are called {twice!r}; explanations show the name, so give each its own")
        return self


def read_routing(text: str, file: str) -> Sheet[Routing]:
    """Read the rules; nothing is raised, what is wrong is in `findings`."""
    return read_sheet(Routing, text, file)


def names_nobody(sheet: Sheet[Routing], people: Sequence[Colleague]) -> tuple[Finding, ...]:
    """What the rules say of people that is not so: unknown names, partners who are none, a rule for nobody."""
    if sheet.value is None:
        return ()
    found: list[Finding] = []
    targets: list[tuple[Path, To]] = [
        (("rules", index, "to"), rule.to) for index, rule in enumerate(sheet.value.rules) if rule.to is not None
    ]
    for path, to in (*targets, (("default",), sheet.value.default)):
        for key, message, hint, severity in _wrong(to, people):
            place = sheet.source.value_place((*path, *key))
            found.append(Finding(sheet.source.file, place.line, place.column, severity, message, hint))
    return tuple(found)


def _wrong(to: To, people: Iterable[Colleague]) -> Iterator[tuple[Path, str, str, Severity]]:
    known = {one.id: one for one in people}
    for key in ("reps", "partner"):
        for name in getattr(to, key):
            colleague = known.get(name)
            if colleague is None:
                yield (key,), f"there is no colleague {name!r}", "`follow reps` shows who there is", Severity.ERROR
            elif not colleague.active:
                yield (key,), f"{name!r} works here no more", "name somebody else", Severity.ERROR
            elif key == "partner" and colleague.role is not Role.PARTNER:
                hint = f"`follow reps set {name} --role partner` makes one"
                yield (key,), f"{name!r} is no partner", hint, Severity.ERROR
    meant = [one for one in known.values() if to.means(one) and one.active]
    if not meant and not (to.reps or to.partner):
        yield (), "nobody is meant by this", "`follow reps` shows teams, skills and roles", Severity.WARNING
    elif meant and not any(one.weight for one in meant):
        yield (), "nobody who is meant by this takes new leads", "`follow reps set NAME --weight 1`", Severity.WARNING
