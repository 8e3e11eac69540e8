"""What nobody has an answer to, over REST."""

from datetime import timedelta
from pathlib import Path

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from leads.answers_in_force import AnswersInForce
from leads.capture import NewLead
from tests.clocks import SettableClock
from tests.leads.test_answer_lint import GOOD
from tests.sample import COMPANY, KEY


async def test_questions_without_an_answer_are_listed_with_how_often(
    client: AsyncClient,
    engine: AsyncEngine,
    shelf: CadenceShelf,
    cases: CaseStore,
    clock: SettableClock,
    tmp_path: Path,
) -> None:
    (tmp_path / "delivery.yaml").write_text(GOOD)
    intake = LeadIntake(
        engine, shelf, cases, COMPANY, KEY, answers=AnswersInForce(lambda: [tmp_path / "delivery.yaml"])
    )
    for name in ("nora", "olga"):
        clock.move_by(timedelta(minutes=1))
        new = NewLead(email=f"{name}@example.com", question="Do you deliver to Boston? And do you sell flour?")
        await intake.capture(new, by="test", now=clock())

    body = (await client.get("/api/answers/unanswered")).json()
    assert (body["messages"], body["left_out"]) == (2, 0)
    (group,) = body["groups"]
    assert (group["question"], group["count"], group["answered"], group["given"]) == ("do you sell flour?", 2, 0, [])
    assert len(group["leads"]) == 2


async def test_where_everything_is_answered_the_list_is_empty(client: AsyncClient) -> None:
    assert (await client.get("/api/answers/unanswered")).json() == {"groups": [], "messages": 0, "left_out": 0}
