"""The migration that tells questions that are still waited for from those that nobody waits for any more."""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import text

from adapters.db.engine import connect
from adapters.db.migrate import migrate
from runtime.embedded.postgres import EmbeddedPostgres

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


async def test_the_migration_finds_out_who_waits_no_more(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("before_moot_questions")
    engine = connect(postgres.url("before_moot_questions"))
    await migrate(engine, to="0029")
    # How the enrollment ended, what of the clock is set, and whether the person still waits.
    questions = (
        ("running", None, "act_at", True),
        ("said no", "no", "escalated_at", False),
        ("switched, to be warned of", "switched", "act_at", True),
        ("switched, told of", "switched", "escalated_at", True),
        ("merged, taken over", "merged", "reassigned_at", True),
        ("said not now", "switched", None, False),
        ("answered", "yes", "answered_at", True),  # It has an answer, so it is not moot either.
    )
    async with engine.begin() as connection:
        await connection.execute(text("insert into colleagues (id, name, created_at) values ('anna', 'Anna', now())"))
        await connection.execute(
            text(
                "insert into cadence_versions (version, name, source, templates, published_at)"
                " values ('v', 'c', '', '{}', now())"
            )
        )
        for name, ended, column, _ in questions:
            values = {"id": uuid4(), "name": name, "ended": ended, "ended_at": NOW if ended else None}
            for statement in (
                "insert into leads (id, kind, name, attributes, owner_id, stage, created_at)"
                " values (:id, 'inbound', :name, '{}', 'anna', 'new', now())",
                "insert into enrollments (id, lead_id, cadence, version, started_at, ended, ended_at, progress)"
                " values (:id, :id, 'c', 'v', now(), :ended, cast(:ended_at as timestamptz), '{}')",
                "insert into first_responses (enrollment_id, lead_id, asked_at, due_at, owner_id)"
                " values (:id, :id, now(), now(), 'anna')",
                f"update first_responses set {column or 'machine_at'} = now() where lead_id = :id",
            ):
                used = {key: value for key, value in values.items() if f":{key}" in statement}
                await connection.execute(text(statement), used)

    await migrate(engine)

    async with engine.connect() as connection:
        asked = text("select name, moot_at is null from first_responses join leads on leads.id = lead_id")
        found = {name: waits for name, waits in await connection.execute(asked)}
    await engine.dispose()
    assert found == {name: waits for name, _, _, waits in questions}
