"""The first steps are ticked by how things really stand, one by one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.checks import Checks
from adapters.providers.checks.dns_records import DnsRecords
from adapters.providers.checks.findings import Check, State
from api.doors import doors_of
from api.first_steps import FirstSteps
from api.providers import ChannelUse, Providers
from api.sample import Sample
from api.services import Services
from api.setup import Setup
from leads.capture import NewLead
from leads.model import Channel, Colleague, Role
from leads.playbook import Playbook
from tests.clocks import SettableClock

NAME, PEOPLE, ANSWERS, FORM, EMAIL, SAMPLE = range(6)
SENDGRID = ChannelUse(channel=Channel.EMAIL, provider="SendGrid", is_local=False, said="SendGrid", per_second=None)


async def done(services: Services) -> set[int]:
    steps = await FirstSteps(services, "otto").left()
    assert steps is not None
    return {number for number, step in enumerate(steps) if step.done}


def sending(services: Services, engine: AsyncEngine, *found: Check) -> Services:
    """SendGrid is named, and a check finds this."""

    async def look_up(records: DnsRecords | None, addresses: Sequence[str], numbers: Sequence[str]) -> list[Check]:
        return list(found)

    return replace(
        services,
        setup=Setup(company=True, sender=True),
        providers=Providers((SENDGRID,), look_up, services.senders, Checks(engine), services.clock),
    )


async def test_each_is_ticked_once_it_is_so(
    services: Services, engine: AsyncEngine, clock: SettableClock, tmp_path: Path
) -> None:
    await services.people.add([Colleague("otto", "Otto Own", role=Role.ADMIN), Colleague("rita", "Rita Rep")], clock())
    assert await done(services) == set()

    services = replace(services, setup=Setup(company=True))
    assert await done(services) == {NAME}

    # The sample's people and oneself are not the company's people.
    await services.accounts.set_password("otto", "hash", clock())
    await services.accounts.set_password("anna", "hash", clock())
    assert await done(services) == {NAME}
    await services.accounts.invite("rita", "otto", clock())
    assert await done(services) == {NAME, PEOPLE}

    (tmp_path / "answers").mkdir()
    services = replace(services, playbook=Playbook(tmp_path))
    assert await done(services) == {NAME, PEOPLE}, "an empty folder answers nothing"
    (tmp_path / "answers" / "own.yaml").write_text("answers: []\n")
    assert await done(services) == {NAME, PEOPLE, ANSWERS}

    (form,) = services.doors.forms.all()
    await services.intake.capture(NewLead(email="a@customer.example.org", source=form.source), "form", clock())
    assert await done(services) == {NAME, PEOPLE, ANSWERS, FORM}

    services = sending(services, engine, Check("email", "the API key", State.OK), Check("sms", "", State.MISSING))
    assert EMAIL not in await done(services), "nobody has checked"
    await services.providers.check("otto")
    assert await done(services) == {NAME, PEOPLE, ANSWERS, FORM, EMAIL}

    async with engine.begin() as connection:
        await connection.exec_driver_sql("update leads set owner_id = 'otto'")
        await connection.exec_driver_sql("update tasks set owner = 'otto'")
    await Sample(services, "otto").remove()
    assert await FirstSteps(services, "otto").left() is None


async def test_a_form_that_may_stand_on_a_website_is_enough(
    services: Services, engine: AsyncEngine, tmp_path: Path
) -> None:
    text = Playbook().files("forms")[0].read_text(encoding="utf-8")
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "contact.yaml").write_text(f"{text}\norigins: [https://www.example.com]\n", encoding="utf-8")
    assert await done(replace(services, doors=doors_of(engine, Playbook(tmp_path)))) == {FORM}


async def test_an_account_that_lacks_something_sends_nothing_yet(services: Services, engine: AsyncEngine) -> None:
    services = sending(services, engine, Check("email", "SPF", State.MISSING))
    await services.providers.check("otto")
    assert EMAIL not in await done(services)
