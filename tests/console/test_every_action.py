"""Every action for every role: it is done or refused as this table says, and on leads of one's own only."""

from uuid import UUID

import pytest

from api.console.desk import Desk
from api.console.permissions import Action
from api.console.refusals import NotAllowed
from api.writes import Caller
from leads.model import Role
from runtime.sample import LEADS
from tests.console.stage import ONE_OF_EACH, Stage

EVERYBODY = "rep partner expert manager admin marketing"
FOLLOWERS = "rep partner expert manager admin"
DOES = {
    **dict.fromkeys(("capture", "change_password", "revoke_sessions"), EVERYBODY),
    **dict.fromkeys(("complete_task", "log_personal_touch", "record_answer", "not_now"), FOLLOWERS),
    **dict.fromkeys(("add_note", "send_personal_email", "add_contacts", "undo"), FOLLOWERS),
    **dict.fromkeys(("hold", "resume", "skip_step", "switch_cadence", "reassign"), "manager admin"),
    **dict.fromkeys(("run_bulk", "stop_bulk", "take_in"), "manager admin"),
    **dict.fromkeys(("refresh_reports", "import_leads"), "manager admin marketing"),
    **dict.fromkeys(("save_draft", "drop_draft", "publish_cadence"), "marketing admin"),
    **dict.fromkeys(("save_answers", "rename_answers", "remove_answers"), "marketing admin"),
    **dict.fromkeys(("check_leads", "repair", "resolve_alert", "check_providers", "replay_delivery"), "admin"),
    **dict.fromkeys(("suppress", "lift_suppression", "search_suppressions", "erase", "export"), "admin"),
    **dict.fromkeys(("make_token", "revoke_token", "change_people", "invite"), "admin"),
    **dict.fromkeys(("remove_sample", "put_away_first_steps"), "admin"),
}
"""Who does what; everybody else is refused.

It says on purpose what permissions.py says too, in other words: whoever changes one of them means it.
"""
OWN_ONLY = {"rep", "partner", "expert"}


async def is_done(desk: Desk, action: Action, lead_id: UUID | None = None) -> bool:
    """Whether the desk lets the work begin."""
    begun = []

    async def work(caller: Caller) -> None:
        begun.append(caller)

    try:
        await desk.do(action, work, lead_id=lead_id)
    except NotAllowed:
        return False
    finally:
        assert all(caller.token.name == desk.person.id for caller in begun)
    return bool(begun)


def test_the_table_names_every_action() -> None:
    assert {action.value for action in Action} == DOES.keys()


@pytest.mark.parametrize("action", list(Action), ids=lambda action: action.value)
async def test_it_is_done_for_some_and_refused_to_all_others(stage: Stage, action: Action) -> None:
    answered = {role.value: await is_done(await stage.desk(ONE_OF_EACH[role]), action) for role in Role}
    assert answered == {role.value: role.value in DOES[action.value].split() for role in Role}


async def test_on_somebody_elses_lead_nothing_is_done_by_who_sees_ones_own_only(stage: Stage) -> None:
    captured = await stage.services.intake.capture(LEADS[0], by="test", now=stage.clock())
    lead = await stage.services.reading.lead(captured.lead_id, stage.services.company, stage.clock())
    assert lead is not None
    stranger = {"anna": "ben", "ben": "anna"}[lead.owner]
    people = ONE_OF_EACH | {Role.REP: stranger}
    for action in Action:
        for role in map(Role, DOES[action.value].split()):
            done = await is_done(await stage.desk(people[role]), action, captured.lead_id)
            sees_all = role.value in ("manager", "admin")
            assert done is sees_all, (action, role)
    owner = await stage.desk(lead.owner)
    assert await is_done(owner, Action.COMPLETE_TASK, captured.lead_id)
