"""Experiments from the ledger: who counts, until when, and that nobody wins by being looked at often."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.experiments import Experiments, ExperimentView
from adapters.db.rows import AnswerRow, EnrollmentRow, InboundMessageRow, LeadRow, TouchRow
from cadences.bundle import CadenceBundle
from leads.experiments import ArmFigure, Verdict

BEGUN = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EMAILS = {"email/a.md": "---\nsubject: A\n---\nA", "email/b.md": "---\nsubject: B\n---\nB"}
THIRD = {"email/c.md": "---\nsubject: C\n---\nC"}
CALLS = {"call/a.md": "A", "call/b.md": "B"}


def trying(
    step: str = "{email: a, variants: {short: b}, sample: 100}", about: str = "", **templates: str
) -> CadenceBundle:
    text = f"cadence: trying\nabout: '{about}'\non_silence: {{return_to: owner}}\nsteps: [{step}]\n"
    channel = CALLS if "call:" in step else EMAILS
    return CadenceBundle("trying", text, {**channel, **templates})


class Trial:
    """A published cadence, and leads that got its variants."""

    def __init__(self, engine: AsyncEngine, shelf: CadenceShelf) -> None:
        self.engine = engine
        self.shelf = shelf
        self.rows: dict[type[Any], list[dict[str, Any]]] = {}

    async def publish(self, bundle: CadenceBundle) -> str:
        await self.shelf.publish(bundle, BEGUN)
        return bundle.version

    def add(self, row: type[Any], **values: Any) -> None:
        self.rows.setdefault(row, []).append(values)

    def lead(self, version: str, *, ended: str | None = None, ended_at: datetime | None = None) -> tuple[UUID, UUID]:
        """A lead with an enrollment of this version."""
        lead, enrollment = uuid4(), uuid4()
        self.add(LeadRow, id=lead, kind="inbound", stage="new", owner_id="anna", attributes={}, created_at=BEGUN)
        of = {"id": enrollment, "lead_id": lead, "cadence": "trying", "version": version, "started_at": BEGUN}
        self.add(EnrollmentRow, **of, progress={}, ended=ended, ended_at=ended_at)
        return lead, enrollment

    def touched(
        self,
        version: str,
        variant: str,
        at: datetime,
        *,
        lead: tuple[UUID, UUID] | None = None,
        state: str = "sent",
        channel: str = "email",
        **more: Any,
    ) -> UUID:
        lead_id, enrollment = lead or self.lead(version)
        values = {"id": uuid4(), "lead_id": lead_id, "enrollment_id": enrollment, "step_id": "a", "channel": channel}
        values |= {"version": version, "provider_message_id": None, "outcome": None, "occurrence": 1, **more}
        self.add(TouchRow, **values, state=state, variant=variant, happened_at=at)
        return lead_id

    def reply(self, lead: UUID, at: datetime, kind: str = "reply") -> None:
        names = {"channel": "email", "provider": "p", "sender": "s", "recipient": "r", "text": "t"}
        self.add(
            InboundMessageRow, id=uuid4(), lead_id=lead, external_id=str(uuid4()), kind=kind, received_at=at, **names
        )

    def answer(self, lead: UUID, at: datetime, answer: str = "yes") -> None:
        self.add(AnswerRow, lead_id=lead, enrollment_id=uuid4(), answer=answer, by="anna", said_at=at)

    async def store(self) -> None:
        async with self.engine.begin() as connection:
            for row in (LeadRow, EnrollmentRow, TouchRow, InboundMessageRow, AnswerRow):
                if rows := self.rows.pop(row, []):
                    await connection.execute(insert(row), rows)

    async def seen(self, now: datetime) -> ExperimentView:
        await self.store()
        (view,) = await Experiments(self.engine, self.shelf).all(now, "trying")
        return view


@pytest_asyncio.fixture
async def trial(engine: AsyncEngine, shelf: CadenceShelf) -> AsyncIterator[Trial]:
    return Trial(engine, shelf)


def verdict(view: ExperimentView) -> tuple[Verdict, str]:
    return view.judgement.verdict, view.judgement.text


def sampled(view: ExperimentView) -> list[tuple[int, int]]:
    return [(arm.counts.successes, arm.counts.sampled) for arm in view.arms]


def run(trial: Trial, version: str) -> None:
    """The original reaches 120 people, one an hour, of whom the first 12 reply; the short one 110, one every two hours,
    of whom the first 40 reply and the last ten. The hundredth short one is reached 198 hours after the first."""
    for number in range(120):
        lead = trial.touched(version, "original", BEGUN + number * HOUR)
        if number < 12:
            trial.reply(lead, BEGUN + number * HOUR + DAY)
    for number in range(110):
        lead = trial.touched(version, "short", BEGUN + 2 * number * HOUR)
        if number < 40 or number >= 100:
            trial.reply(lead, BEGUN + 2 * number * HOUR + DAY)


async def test_the_verdict_rests_on_those_reached_until_the_slowest_variant_had_its_number(trial: Trial) -> None:
    run(trial, await trial.publish(trying()))
    view = await trial.seen(BEGUN + 60 * DAY)
    assert sampled(view) == [(12, 120), (40, 100)]
    assert view.sampled_until == BEGUN + 198 * HOUR
    assert verdict(view) == (Verdict.BETTER, view.judgement.text)
    assert view.judgement.text.startswith("short is better: 40.0% against 10.0%")
    # What came after the sample is shown, and decides nothing.
    assert [(arm.counts.leads, arm.counts.replied) for arm in view.arms] == [(120, 12), (110, 50)]


@pytest.mark.parametrize("days", [9, 15, 60])
async def test_behind_each_number_stand_as_many_leads(trial: Trial, days: int) -> None:
    version = await trial.publish(trying())
    run(trial, version)
    enrolled = trial.lead(version, ended="opted_out", ended_at=BEGUN + 2 * DAY)
    stopped = trial.touched(version, "short", BEGUN + DAY, lead=enrolled)
    twice = trial.lead(version)
    trial.touched(version, "original", BEGUN + DAY, lead=twice)
    trial.touched(version, "short", BEGUN + 2 * DAY, lead=twice, occurrence=2)
    trial.reply(twice[0], BEGUN + 2 * DAY)
    trial.reply(twice[0], BEGUN + 3 * DAY)
    trial.answer(twice[0], BEGUN + 3 * DAY)
    now = BEGUN + days * DAY
    view, experiments = await trial.seen(now), Experiments(trial.engine, trial.shelf)
    seen = {}
    for arm in view.arms:
        for figure in ArmFigure:
            found = await experiments.leads_behind(view.id, arm.counts.name, figure, now, limit=500, cursor=None)
            assert found is not None
            assert (found.cadence, found.step) == ("trying", "a")
            assert len(found.page.items) == found.page.total == len(set(found.page.items))
            assert found.page.total == getattr(arm.counts, figure.value), (arm.counts.name, figure)
            seen[arm.counts.name, figure] = found.page.items
    assert seen["short", ArmFigure.OPTED_OUT] == [stopped]
    assert seen["original", ArmFigure.YES] == [twice[0]]
    assert twice[0] in seen["original", ArmFigure.REPLIED]
    if days == 60:
        assert len(seen["short", ArmFigure.SUCCESSES]) == 40
        assert len(seen["original", ArmFigure.RIPE]) == 100


async def test_the_leads_behind_a_number_come_page_by_page(trial: Trial) -> None:
    run(trial, await trial.publish(trying()))
    view, experiments = await trial.seen(BEGUN + 60 * DAY), Experiments(trial.engine, trial.shelf)
    found, cursor = [], None
    while True:
        one = await experiments.leads_behind(
            view.id, "short", ArmFigure.REPLIED, BEGUN + 60 * DAY, limit=20, cursor=cursor
        )
        assert one is not None
        assert one.page.total == 50
        found += one.page.items
        cursor = one.page.next_cursor
        if cursor is None:
            break
    assert len(set(found)) == len(found) == 50
    for experiment, variant in ((view.id, "long"), ("x", "short")):
        nobody = await experiments.leads_behind(experiment, variant, ArmFigure.LEADS, BEGUN, limit=1, cursor=None)
        assert nobody is None


async def test_another_trial_of_the_same_step_has_leads_of_its_own(trial: Trial) -> None:
    first = trial.touched(await trial.publish(trying()), "short", BEGUN)
    second = trial.touched(
        await trial.publish(trying(**EMAILS | {"email/b.md": "---\nsubject: New\n---\nB"})), "short", BEGUN
    )
    await trial.store()
    experiments = Experiments(trial.engine, trial.shelf)
    views = await experiments.all(BEGUN + DAY)
    found = [
        await experiments.leads_behind(one.id, "short", ArmFigure.LEADS, BEGUN + DAY, limit=9, cursor=None)
        for one in views
    ]
    assert sorted([one.page.items for one in found if one is not None]) == sorted([[first], [second]])


async def test_until_the_last_of_the_sample_had_its_time_there_is_no_verdict(trial: Trial) -> None:
    run(trial, await trial.publish(trying()))
    over = BEGUN + 198 * HOUR + 14 * DAY
    assert verdict(await trial.seen(over - HOUR)) == (Verdict.TOO_EARLY, "too early: 99 of 100")
    assert (await trial.seen(over)).judgement.verdict is Verdict.BETTER


async def test_what_comes_later_changes_no_verdict(trial: Trial) -> None:
    version = await trial.publish(trying())
    run(trial, version)
    before = (await trial.seen(BEGUN + 60 * DAY)).judgement
    for number in range(300):
        lead = trial.touched(version, "original", BEGUN + 30 * DAY + number * HOUR)
        trial.reply(lead, BEGUN + 31 * DAY + number * HOUR)
    later = await trial.seen(BEGUN + 365 * DAY)
    assert later.judgement == before
    assert later.arms[0].counts.replied == 312


async def test_only_what_reached_the_person_counts(trial: Trial) -> None:
    version = await trial.publish(trying())
    for state, reference in (
        ("sent", "m1"), ("delivered", "m2"), ("unknown", None), ("failed", "m3"),
        ("failed", None), ("claimed", None), ("refused", None),
    ):  # fmt: skip
        trial.touched(version, "short", BEGUN, state=state, provider_message_id=reference)
    counts = (await trial.seen(BEGUN + DAY)).arms[1].counts
    assert (counts.touches, counts.delivered, counts.leads) == (4, 1, 4)


async def test_a_person_counts_once_however_often_the_step_repeats(trial: Trial) -> None:
    version = await trial.publish(trying())
    lead = trial.lead(version)
    for number in range(3):
        trial.touched(version, "short", BEGUN + number * 7 * DAY, lead=lead, occurrence=number + 1)
    trial.reply(lead[0], BEGUN + 15 * DAY)
    counts = (await trial.seen(BEGUN + 60 * DAY)).arms[1].counts
    assert (counts.touches, counts.leads, counts.replied) == (3, 1, 0)  # A day late, from the first touch.


async def test_whoever_does_the_same_twice_counts_once(trial: Trial) -> None:
    version = await trial.publish(trying())
    lead = trial.touched(version, "short", BEGUN)
    for after in (DAY, 2 * DAY):
        trial.reply(lead, BEGUN + after)
        trial.answer(lead, BEGUN + after)
    counts = (await trial.seen(BEGUN + 60 * DAY)).arms[1].counts
    assert (counts.leads, counts.replied, counts.yes) == (1, 1, 1)


async def test_the_end_of_another_run_is_not_put_down_to_the_variant(trial: Trial) -> None:
    version = await trial.publish(trying())
    lead, enrollment = trial.lead(version)
    trial.touched(version, "short", BEGUN, lead=(lead, enrollment))
    of_another = {"id": uuid4(), "lead_id": lead, "cadence": "trying", "version": version, "started_at": BEGUN}
    trial.add(EnrollmentRow, **of_another, progress={}, ended="opted_out", ended_at=BEGUN + DAY)
    assert (await trial.seen(BEGUN + 60 * DAY)).arms[1].counts.opted_out == 0


async def test_a_variant_that_nobody_got_keeps_the_sample_incomplete(trial: Trial) -> None:
    version = await trial.publish(trying("{email: a, variants: {short: b, long: c}, sample: 100}", **THIRD))
    run(trial, version)
    view = await trial.seen(BEGUN + 60 * DAY)
    assert [arm.counts.ripe for arm in view.arms] == [100, 100, 0]
    assert (sampled(view), view.sampled_until) == ([(0, 0)] * 3, None)
    assert verdict(view) == (Verdict.TOO_EARLY, "too early: 0 of 100")


@pytest.mark.parametrize(
    ("kind", "after", "counts"),
    [
        ("reply", DAY, 1),
        ("reply", 14 * DAY, 1),
        ("reply", 14 * DAY + HOUR, 0),
        ("reply", -DAY, 0),
        ("auto_reply", DAY, 0),
        ("bounce", DAY, 0),
    ],
)
async def test_a_persons_reply_in_time_counts(trial: Trial, kind: str, after: timedelta, counts: int) -> None:
    version = await trial.publish(trying())
    trial.reply(trial.touched(version, "original", BEGUN), BEGUN + after, kind)
    assert (await trial.seen(BEGUN + 60 * DAY)).arms[0].counts.replied == counts


async def test_yes_and_opting_out_are_put_down_to_the_variant_for_a_while(trial: Trial) -> None:
    version = await trial.publish(trying())
    for after in (30 * DAY, 31 * DAY):
        trial.answer(trial.touched(version, "short", BEGUN), BEGUN + after)
    trial.answer(trial.touched(version, "short", BEGUN), BEGUN + DAY, "no")
    for after in (14 * DAY, 15 * DAY):
        lead = trial.lead(version, ended="opted_out", ended_at=BEGUN + after)
        trial.touched(version, "short", BEGUN, lead=lead)
    counts = (await trial.seen(BEGUN + 60 * DAY)).arms[1].counts
    assert (counts.leads, counts.yes, counts.opted_out) == (5, 1, 1)


async def test_what_was_recorded_by_mistake_and_taken_back_says_nothing(trial: Trial) -> None:
    version = await trial.publish(trying("{call: a, variants: {short: b}}"))
    talked = {"channel": "call", "outcome": "connected"}
    trial.touched(version, "short", BEGUN, state="corrected", **talked)
    lead = trial.touched(version, "short", BEGUN, state="made", **talked)
    trial.add(
        AnswerRow, lead_id=lead, enrollment_id=uuid4(), answer="yes", by="anna", said_at=BEGUN, corrected_at=BEGUN
    )
    counts = (await trial.seen(BEGUN + DAY)).arms[1].counts
    assert (counts.touches, counts.leads, counts.yes) == (1, 1, 0)


async def test_of_calls_only_those_in_which_somebody_was_talked_to_say_anything(trial: Trial) -> None:
    version = await trial.publish(trying("{call: a, variants: {short: b}}"))
    for outcome in ("connected", "voicemail", "no answer", "yes", "no"):
        lead = trial.touched(version, "short", BEGUN, state="made", channel="call", outcome=outcome)
        if outcome == "yes":
            trial.answer(lead, BEGUN)
    view = await trial.seen(BEGUN + 60 * DAY)
    counts = view.arms[1].counts
    assert (view.goal, view.sample) == ("yes", 220)
    assert (counts.touches, counts.delivered, counts.leads, counts.yes) == (5, 3, 3, 1)


async def test_an_edit_elsewhere_goes_on_counting_and_other_words_begin_anew(trial: Trial) -> None:
    first = await trial.publish(trying())
    second = await trial.publish(trying(about="another sentence"))
    third = await trial.publish(trying(**{"email/b.md": "---\nsubject: B\n---\nBetter"}))
    for version in (first, second, third, third, third):
        trial.touched(version, "short", BEGUN)
    await trial.store()
    running, former = await Experiments(trial.engine, trial.shelf).all(BEGUN, "trying")
    assert (running.running, running.arms[1].counts.leads) == (True, 3)
    assert (former.running, former.arms[1].counts.leads) == (False, 2)


async def test_a_cadence_that_tries_nothing_has_no_experiments(trial: Trial) -> None:
    assert await Experiments(trial.engine, trial.shelf).all(BEGUN) == []
    assert await Experiments(trial.engine, trial.shelf).all(BEGUN, "nonsense") == []
