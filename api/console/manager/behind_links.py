"""The addresses of the leads behind each number, under the console's own, and what they mean in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from leads.experiments import ArmFigure
from leads.measures import Asked, Counted, Dimension

BEHIND = "/figures/leads"
BEHIND_A_VARIANT = "/figures/variant"
LEAD = "/leads"
WORDS: dict[Counted, str] = {
    Counted.LEADS: "that came in",
    Counted.QUALIFIED: "that were qualified",
    Counted.ORDERED: "that were won",
    Counted.FOLLOWED_UP: "that are followed up",
    Counted.NOT_FOLLOWED_UP: "that nobody follows up",
    Counted.NOT_WORKED: "that nobody tried to reach",
    Counted.ASKED: "that asked something",
    Counted.ANSWERED: "that a person answered",
    Counted.IN_TIME: "answered in time",
    Counted.LATE: "answered late, or not at all",
    Counted.WAITING: "that wait for an answer, still in time",
    Counted.NOT_NEEDED: "that needed no answer any more",
    Counted.SENT: "that were contacted",
    Counted.DELIVERED: "to whom a message was delivered",
    Counted.BOUNCED: "from whom a message came back",
    Counted.REPLIED: "that replied",
    Counted.YES: "that said yes",
    Counted.NO: "that said no",
    Counted.NOT_NOW: "that said not now",
    Counted.OPTED_OUT: "that stopped the messages",
    Counted.LEG: "that went this way",
    Counted.PLACE: "that came here",
    Counted.REACHED: "that came this far, or further",
}
WORDS_OF_VARIANTS: dict[ArmFigure, str] = {
    ArmFigure.LEADS: "that it reached",
    ArmFigure.REPLIED: "that replied",
    ArmFigure.YES: "that said yes",
    ArmFigure.OPTED_OUT: "that stopped the messages",
    ArmFigure.RIPE: "of the sample whose time to answer is over",
    ArmFigure.SAMPLED: "of the complete sample",
    ArmFigure.SUCCESSES: "of the sample that reached the goal",
}


@dataclass(frozen=True, slots=True)
class BehindLinks:
    """Makes the addresses for one page, if whoever looks at it may open them."""

    asked: Asked
    open: bool

    def to(self, figure: Counted, bucket: str | None = None, /, **conditions: str | int | None) -> str:
        """The address of the leads behind a number; empty if it is not to be opened.

        Args:
            figure: what the number counts.
            bucket: in this period of the page's only.
            conditions: further ones, by the names of the REST interface; None for leads of which nothing is known.
        """
        if not self.open:
            return ""
        asked = self.asked
        when = (
            {"from": asked.periods[0].first_day.isoformat(), "to": asked.periods[-1].last_day.isoformat()}
            if bucket is None
            else {"bucket": bucket}
        )
        of: Mapping[str, str | int | None] = {one.value: value for one, value in asked.of.items()} | conditions
        written = {name: "" if value is None else value for name, value in of.items()}
        return f"{BEHIND}?{urlencode({'figure': figure.value, 'by': asked.every.value, **when, **written})}"

    def of_contacts(self, figure: Counted, /, **conditions: str | int | None) -> str:
        """The same for contacts, which are not told apart by what their leads have in common, but for the cadence."""
        cadence = {Dimension.CADENCE: self.asked.of[Dimension.CADENCE]} if Dimension.CADENCE in self.asked.of else {}
        bare = Asked(self.asked.every, self.asked.periods, cadence)
        return BehindLinks(bare, self.open).to(figure, None, **conditions)

    def of_variant(self, experiment: str, variant: str, figure: ArmFigure) -> str:
        """The same for a number of a variant, which counts all that it ever reached, whatever the page's days are."""
        asked = {"experiment": experiment, "variant": variant, "figure": figure.value}
        return f"{BEHIND_A_VARIANT}?{urlencode(asked)}" if self.open else ""
