"""Addresses of the leads behind a number: each can be asked, and means what it was made for."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest

from adapters.db.reports.behind import OF_CONTACTS, OF_THE_MAP, Behind
from api.console.manager.behind_links import WORDS, WORDS_OF_VARIANTS, BehindLinks
from api.rest.report_queries import ArmQuery, BehindQuery
from leads.experiments import ArmFigure
from leads.measures import Counted, Dimension, Hours, Within, ask
from leads.places import Place
from tests.sample import COMPANY

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
WEEKS = ask(
    NOW,
    ZoneInfo(COMPANY.zone),
    first=date(2026, 11, 9),
    of={Dimension.REP: "anna", Dimension.SOURCE: None},
)
LINKS = BehindLinks(WEEKS, open=True)


def meant(address: str) -> Behind:
    parts = urlsplit(address)
    assert parts.path == "/figures/leads"
    return BehindQuery.model_validate(dict(parse_qsl(parts.query, keep_blank_values=True))).as_behind(NOW, COMPANY)


@pytest.mark.parametrize("figure", [one for one in Counted if one not in OF_CONTACTS | OF_THE_MAP])
def test_each_number_of_leads_and_questions_can_be_asked_for(figure: Counted) -> None:
    found = meant(LINKS.to(figure))
    assert (found.figure, found.asked.periods, found.asked.of) == (figure, WEEKS.periods, WEEKS.of)
    (week,) = meant(LINKS.to(figure, "2026-W47")).asked.periods
    assert week.label == "2026-W47"


@pytest.mark.parametrize("figure", sorted(OF_CONTACTS))
def test_contacts_are_not_told_apart_by_rep_or_source(figure: Counted) -> None:
    found = meant(LINKS.of_contacts(figure, step="first-call", variant=None, contact_number=3))
    assert (found.step, found.contact_number) == ({"step_id": "first-call", "variant": None}, 3)
    only = BehindLinks(ask(NOW, ZoneInfo(COMPANY.zone), of={Dimension.CADENCE: "inbound-web"}), open=True)
    assert meant(only.of_contacts(figure)).step == {"cadence": "inbound-web"}
    # Who looks at one step of another cadence means that one.
    assert meant(only.of_contacts(figure, cadence="x")).step == {"cadence": "x"}


def test_parts_of_the_map_bins_and_priced_leads() -> None:
    assert meant(LINKS.to(Counted.LEG, origin=Place.MACHINE, target=Place.WON)).leg == (Place.MACHINE, Place.WON)
    assert meant(LINKS.to(Counted.REACHED, target=Place.QUALIFIED)).place is Place.QUALIFIED
    found = meant(LINKS.to(Counted.ANSWERED, within=Within.AN_HOUR, hours=Hours.BUSINESS))
    assert (found.within, found.hours) == (Within.AN_HOUR, Hours.BUSINESS)
    assert meant(LINKS.to(Counted.ORDERED, priced="true", source="fair")).priced


@pytest.mark.parametrize("figure", ArmFigure)
def test_each_number_of_a_variant_can_be_asked_for(figure: ArmFigure) -> None:
    parts = urlsplit(LINKS.of_variant("0123", "short & sweet", figure))
    assert parts.path == "/figures/variant"
    asked = ArmQuery.model_validate(dict(parse_qsl(parts.query)))
    assert (asked.experiment, asked.variant, asked.figure) == ("0123", "short & sweet", figure)
    assert WORDS_OF_VARIANTS[figure]


def test_who_may_not_open_them_gets_none() -> None:
    shut = BehindLinks(WEEKS, open=False)
    assert (shut.to(Counted.LEADS), shut.of_contacts(Counted.SENT)) == ("", "")
    assert shut.of_variant("0123", "short", ArmFigure.LEADS) == ""


def test_every_number_has_words() -> None:
    assert WORDS.keys() == set(Counted)
