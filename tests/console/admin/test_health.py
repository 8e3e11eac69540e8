"""Health: what is wrong is found, explained and mended from the page; alerts are seen to; accounts are checked."""

from collections.abc import Sequence

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import array

from adapters.db.alerts import AlertKind, raise_alert
from adapters.db.checks import Checks
from adapters.db.rows import AlertRow, AuditEntryRow, EnrollmentRow
from adapters.doctor.check import LivenessCheck
from adapters.doctor.suspects import Suspects
from adapters.providers.checks.dns_records import DnsRecords
from adapters.providers.checks.findings import Check, State
from api.bulk import bulk_at_work
from leads.contract import workflow_id
from leads.liveness import UNDELIVERED_AFTER
from leads.model import Role
from leads.sending import AccountTrouble
from tests.adapters.clinic import Clinic
from tests.console.conftest import OpenPage
from tests.console.stage import Stage


@pytest.fixture
def clinic(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """Leads whose workflows run in memory, and the page's doctor looks at those."""
    services = stage.services
    clinic = Clinic(stage.engine, services.cases, services.intake, stage.clock)
    check = LivenessCheck(Suspects(stage.engine), clinic.examiner, clinic.workflows, Checks(stage.engine), stage.clock)
    monkeypatch.setattr(services.doctor, "_checker", check)
    monkeypatch.setattr(services.doctor, "checkup", None)
    return clinic


async def check_now(page: Page) -> None:
    await page.get_by_role("button", name="Check every lead").click()


async def test_a_broken_lead_is_found_explained_and_mended(clinic: Clinic, stage: Stage, page_of: OpenPage) -> None:
    await clinic.asleep()
    broken = await clinic.asleep()
    await clinic.sql("update leads set wake_at = null where id = :id", id=broken)
    page = await page_of(Role.ADMIN, "/health")
    await expect(page.get_by_text("Nobody has looked yet")).to_be_visible()
    tile = page.locator(".ft-tile").filter(has_text="Leads followed up")
    await expect(tile).to_contain_text("Not checked")
    await check_now(page)
    await expect(tile).to_contain_text("All but 1")
    await expect(page.get_by_text("Checked today 10:00 by ada: 2 leads and 2 workflows")).to_be_visible()
    await expect(page.get_by_role("cell", name="Contradiction", exact=True)).to_be_visible()
    named = await clinic.value("select coalesce(name, company) from leads where id = :id", id=broken)
    await expect(page.locator(f'a[href$="/leads/{broken}"]')).to_have_text(named or "Nobody knows who yet")
    await expect(page.get_by_text("Write the plan anew from the enrollment and its open tasks.")).to_be_visible()
    assert await clinic.value("select wake_at from leads where id = :id", id=broken) is None

    await page.get_by_role("button", name="Repair: Contradiction").click()
    await expect(page.get_by_text("repaired", exact=True)).to_be_visible()
    assert await clinic.value("select wake_at is not null from leads where id = :id", id=broken)
    await check_now(page)
    await expect(page.get_by_text("Every lead is followed up.")).to_be_visible()
    await expect(tile).not_to_contain_text("All but")
    async with stage.engine.connect() as connection:
        entry = (
            await connection.execute(
                select(AuditEntryRow.by, AuditEntryRow.subject, AuditEntryRow.before, AuditEntryRow.outcome).where(
                    AuditEntryRow.action == "repair"
                )
            )
        ).one()
    assert tuple(entry) == ("ada", str(broken), {"found": "contradiction"}, "done")


async def test_all_are_repaired_after_a_look_at_what_would_be_done(clinic: Clinic, page_of: OpenPage) -> None:
    for _ in range(3):
        await clinic.asleep()
    unreadable = await clinic.asleep()
    await clinic.sql("update leads set wake_at = null where id <> :id", id=unreadable)
    await clinic.sql("update enrollments set progress = '{}' where lead_id = :id", id=unreadable)
    page = await page_of(Role.ADMIN, "/health")
    await check_now(page)
    await expect(page.get_by_text("4 findings")).to_be_visible()
    await expect(page.get_by_text("for a person")).to_be_visible()
    await page.get_by_role("button", name="Repair all 3").click()
    await expect(page.get_by_text("3 times: write the plan anew", exact=False)).to_be_visible()
    await page.get_by_role("button", name="Not now").click()
    assert await clinic.value("select count(*) from leads where wake_at is null") == 3
    await page.get_by_role("button", name="Repair all 3").click()
    await page.get_by_role("button", name="Repair them").click()
    await expect(page.get_by_text("3 of 3 are well now.")).to_be_visible()
    await expect(page.get_by_text("repaired", exact=True)).to_have_count(3)
    await expect(page.get_by_text("1 finding", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Repair all")).to_have_count(0)
    assert await clinic.value("select count(*) from leads where wake_at is null") == 0


async def test_what_is_not_mended_says_why(clinic: Clinic, stage: Stage, page_of: OpenPage) -> None:
    lead_id = await clinic.captured(told=False)
    stage.clock.move_by(2 * UNDELIVERED_AFTER)
    page = await page_of(Role.ADMIN, "/health")
    await check_now(page)
    await expect(page.get_by_role("cell", name="Command undelivered", exact=True)).to_be_visible()
    clinic.workflows.away = True
    await page.get_by_role("button", name="Repair: Command undelivered").click()
    await expect(page.get_by_text("still there:", exact=False)).to_be_visible()
    clinic.workflows.away = False
    await check_now(page)
    await page.get_by_role("button", name="Repair: Command undelivered").click()
    await expect(page.get_by_text("repaired", exact=True)).to_be_visible()
    assert workflow_id(lead_id) in clinic.workflows.seen


async def test_leads_that_an_account_holds_go_on_once_it_is_mended(
    clinic: Clinic, stage: Stage, page_of: OpenPage
) -> None:
    lead_id, late = [await clinic.emailed_with(AccountTrouble("no credit left", "20003")) for _ in range(2)]
    async with stage.engine.connect() as connection:
        subject = await connection.scalar(select(AlertRow.subject))
    assert await clinic.value("select plan->>'hold' from leads where id = :id", id=lead_id) == "provider"
    page = await page_of(Role.ADMIN, "/health")
    await page.get_by_role("button", name=f"Let leads go on: {subject}").click()
    await expect(page.get_by_text("2 leads wait because of", exact=False)).to_be_visible()
    # Somebody is faster with one of them: it holds for something else now, and so it goes on to hold.
    async with stage.engine.begin() as connection:
        other = update(EnrollmentRow).where(EnrollmentRow.lead_id == late)
        reason = func.jsonb_set(EnrollmentRow.progress, array(["hold", "reason"]), func.to_jsonb("manual"))
        await connection.execute(other.values(progress=reason))
    await page.get_by_role("button", name="Let them go on").click()
    await expect(page.get_by_role("heading", name="Go on, since", exact=False)).to_be_visible()
    await expect(page.get_by_text("0 of 2", exact=False)).to_be_visible()
    await expect(page.get_by_role("progressbar", name="Leads with a result")).to_be_visible()
    async with bulk_at_work(stage.services):
        await expect(page.get_by_text("Finished: 1 done, 1 refused")).to_be_visible()
    await expect(page.get_by_text("The lead does not hold because of", exact=False)).to_be_visible()
    assert await clinic.value("select plan->>'hold' from leads where id = :id", id=lead_id) is None
    assert await clinic.value("select plan->>'hold' from leads where id = :id", id=late) == "provider"
    assert await clinic.value("select \"by\" from audit_entries where action = 'resume'") == "ada"


async def test_an_alert_is_resolved_and_stays_known(stage: Stage, page_of: OpenPage) -> None:
    async with stage.engine.begin() as connection:
        await raise_alert(connection, AlertKind.DOMAIN, 'example.com" onload="x', "0.4 % called it spam", stage.clock())
    page = await page_of(Role.ADMIN, "/health")
    await page.get_by_role("button", name="Resolve:").click()
    await expect(page.get_by_text("No alert is open.")).to_be_visible()
    await expect(page.locator(".ft-tile").filter(has_text="Open alerts")).to_contain_text("0")
    await page.get_by_role("switch", name="Also those that are resolved").click()
    await expect(page.get_by_text("resolved today 10:00 by ada")).to_be_visible()


async def test_what_is_typed_is_drawn_as_code_in_an_alert(stage: Stage, page_of: OpenPage) -> None:
    wrong = "routing.yaml can't be used: run `follow routing check`"
    async with stage.engine.begin() as connection:
        await raise_alert(connection, AlertKind.PLAYBOOK, "routing.yaml", wrong, stage.clock())
    page = await page_of(Role.ADMIN, "/health")
    alerts = page.get_by_role("region", name="Alerts")
    await expect(alerts.locator("code")).to_have_text("follow routing check")
    await expect(
        alerts.get_by_role("cell", name="routing.yaml can't be used: run follow routing check")
    ).to_be_visible()
    await expect(alerts).not_to_contain_text("`")


class LookedUp:
    """Finds that something lacks, and remembers the DNS records it was given."""

    def __init__(self) -> None:
        self.records: list[DnsRecords | None] = []

    async def __call__(self, records: DnsRecords | None, *_: Sequence[str]) -> list[Check]:
        self.records.append(records)
        missing = Check("DNS", "DMARC of acme.com", State.MISSING, "add: _dmarc.acme.com TXT")
        return [Check("email", "API key", State.OK, "SendGrid accepts it"), missing]


async def test_the_providers_accounts_are_checked_and_what_was_found_stays(
    stage: Stage, page_of: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = LookedUp()
    monkeypatch.setattr(stage.services.providers, "_look_up", look_up)
    page = await page_of(Role.ADMIN, "/health")
    button = page.get_by_role("button", name="Check the accounts")
    await page.get_by_text("DNS records, to be checked too").click()
    await page.get_by_label("DNS records", exact=True).fill("acme.com TXT")
    await button.click()
    await expect(page.get_by_role("alert")).to_be_visible()
    assert look_up.records == []
    await page.get_by_label("DNS records", exact=True).fill("acme.com TXT v=spf1")
    await button.click()
    await expect(page.get_by_text("Checked today 10:00 by ada: 1 to do.")).to_be_visible()
    await expect(page.get_by_role("cell", name="add: _dmarc.acme.com TXT")).to_be_visible()
    assert [one is not None for one in look_up.records] == [True]
    again = await page_of(Role.ADMIN, "/health")
    await expect(again.get_by_text("Checked today 10:00 by ada: 1 to do.")).to_be_visible()


async def test_looking_changes_nothing(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/health")
    await expect(page.get_by_text("Ready", exact=True)).to_have_count(2)
    async with stage.engine.connect() as connection:
        assert await connection.scalar(text("select count(*) from audit_entries")) == 0
        assert await connection.scalar(select(func.count()).select_from(AlertRow)) == 0


@pytest.mark.parametrize("role", [Role.REP, Role.PARTNER, Role.EXPERT, Role.MARKETING, Role.MANAGER])
async def test_the_house_is_for_admins(page_of: OpenPage, role: Role) -> None:
    page = await page_of(role, "/account")
    await expect(page.get_by_role("link", name="Health")).to_have_count(0)
    for path in ("/health", "/suppressions", "/erasure", "/people", "/people/anna", "/tokens", "/audit"):
        answer = await page.request.get(f"/console{path}", headers={"Accept": "text/html"})
        assert answer.status == 403, path
