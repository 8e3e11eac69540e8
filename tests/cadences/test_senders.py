"""Which sender a lead's messages come from."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

from cadences.case import Sender
from cadences.enrollment import Slot, StepRef
from cadences.senders import SenderOffer, senders_of
from leads.model import Channel, Company
from tests.cadences.cases import LEAD_ID, MONDAY

COMPANY = Company("Harbor Supply", "America/New_York", "US", sender_name="Harbor", sender_email="hi@harbor.example")
ANNA = SenderOffer(
    address="anna@harbor.example", channel=Channel.EMAIL, name="Anna", own=True, limited=False, used_at=None
)
TEAM = replace(ANNA, address="team@harbor.example", name="Harbor", own=False)
DESK = replace(TEAM, address="desk@harbor.example")
LATER = MONDAY + timedelta(days=3)


def chosen(
    *offers: SenderOffer,
    paused: tuple[object, str] | None = None,
    slot: Slot | None = None,
    lead_id: UUID = LEAD_ID,
    as_company: bool = False,
) -> dict[Channel, Sender]:
    more = {"lead_id": lead_id, "company": COMPANY, "now": MONDAY, "as_company": as_company}
    return senders_of(offers, paused, slot, **more)  # type: ignore[arg-type]


def address(*offers: SenderOffer, **more: object) -> str:
    return chosen(*offers, **more)[Channel.EMAIL].address  # type: ignore[arg-type]


def test_without_senders_every_channel_sends_as_the_settings_say() -> None:
    assert chosen() == {}


def test_the_owners_own_goes_before_the_companys() -> None:
    assert address(TEAM, ANNA) == address(ANNA, TEAM) == "anna@harbor.example"
    assert address(TEAM) == "team@harbor.example"


def test_the_one_that_wrote_to_the_lead_last_stays() -> None:
    team = replace(TEAM, used_at=MONDAY - timedelta(days=9))
    assert address(ANNA, team) == "team@harbor.example"
    assert address(replace(ANNA, used_at=MONDAY - timedelta(days=8)), team) == "anna@harbor.example"


def test_several_of_the_company_share_the_leads_and_each_lead_keeps_its_own() -> None:
    leads = [uuid5(LEAD_ID, str(number)) for number in range(200)]
    lots = {lead: address(TEAM, DESK, lead_id=lead) for lead in leads}
    assert lots == {lead: address(DESK, TEAM, lead_id=lead) for lead in leads}
    assert 60 < list(lots.values()).count("team@harbor.example") < 140


def test_each_channel_has_its_own() -> None:
    number = replace(TEAM, address="+12125550199", channel=Channel.SMS, limited=True)
    assert chosen(ANNA, number) == {
        Channel.EMAIL: Sender("anna@harbor.example", "Anna", own=True),
        Channel.SMS: Sender("+12125550199", "Harbor", limited=True),
    }


def test_while_the_owner_is_away_messages_may_come_from_the_company() -> None:
    assert chosen(ANNA, DESK, as_company=True)[Channel.EMAIL].address == DESK.address
    assert chosen(ANNA, as_company=True) == {}


def test_a_sender_of_a_paused_domain_opens_when_the_pause_ends() -> None:
    paused = replace(ANNA, paused_until=LATER, why="too much spam")
    assert chosen(paused)[Channel.EMAIL] == Sender(
        "anna@harbor.example", "Anna", LATER, "email of this domain is paused: too much spam", own=True
    )
    assert chosen(replace(paused, paused_until=MONDAY))[Channel.EMAIL].opens_at is None


def test_the_settings_own_address_waits_for_its_domain_too() -> None:
    sender = chosen(paused=(LATER, "too much spam"))[Channel.EMAIL]
    assert (sender.address, sender.name, sender.opens_at) == ("hi@harbor.example", "Harbor", LATER)
    assert chosen(paused=(MONDAY, "too much spam")) == {}
    assert chosen(ANNA, paused=(LATER, "too much spam"))[Channel.EMAIL].opens_at is None


def test_a_slot_opens_the_sender_that_gave_it() -> None:
    soon = MONDAY + timedelta(minutes=3)
    slot = Slot("anna@harbor.example", soon, StepRef("hello"), "one message every 90 s")
    sender = chosen(ANNA, slot=slot)[Channel.EMAIL]
    assert (sender.opens_at, sender.why) == (soon, "one message every 90 s")
    assert chosen(TEAM, slot=slot)[Channel.EMAIL].opens_at is None
    assert chosen(replace(ANNA, paused_until=LATER), slot=slot)[Channel.EMAIL].opens_at == LATER
    assert chosen(ANNA, slot=replace(slot, at=MONDAY))[Channel.EMAIL].opens_at is None
