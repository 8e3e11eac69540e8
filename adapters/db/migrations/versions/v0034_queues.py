"""Queues: when a task last changed, what in a queue is urgent, and leads found by the beginnings of words."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_NO_CALL = "state = 'open' and kind not in ('call', 'step')"
_WORDS = """
create function lead_words(name varchar, company varchar) returns tsvector
language sql immutable parallel safe
return to_tsvector('simple'::regconfig, coalesce(name, '') || ' ' || coalesce(company, ''))
"""


def upgrade() -> None:
    """Go one step forward."""
    # Those that exist changed at the same instant, which is one value for the whole table and rewrites nothing.
    changed_at = sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
    op.add_column("tasks", changed_at)
    op.alter_column("tasks", "changed_at", server_default=sa.func.clock_timestamp())
    op.create_index("ix_tasks_changed_at", "tasks", ["changed_at"])
    op.create_index("ix_tasks_owner_due_at_no_calls", "tasks", ["owner", "due_at"], postgresql_where=sa.text(_NO_CALL))
    op.create_index(
        "ix_tasks_escalated_to_due_at_no_calls",
        "tasks",
        ["escalated_to", "due_at"],
        postgresql_where=sa.text(f"escalated_to is not null and {_NO_CALL}"),
    )
    op.create_index(
        "ix_first_responses_owner_id_asked_at",
        "first_responses",
        ["owner_id", "asked_at"],
        postgresql_where=sa.text("answered_at is null and moot_at is null"),
    )
    op.execute(_WORDS)
    op.create_index("ix_leads_words", "leads", [sa.text("lead_words(name, company)")], postgresql_using="gin")
    op.create_index(
        "ix_contact_points_value_begins", "contact_points", ["value"], postgresql_ops={"value": "text_pattern_ops"}
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_contact_points_value_begins", table_name="contact_points")
    op.drop_index("ix_leads_words", table_name="leads")
    op.execute("drop function lead_words")
    op.drop_index("ix_first_responses_owner_id_asked_at", table_name="first_responses")
    op.drop_index("ix_tasks_escalated_to_due_at_no_calls", table_name="tasks")
    op.drop_index("ix_tasks_owner_due_at_no_calls", table_name="tasks")
    op.drop_index("ix_tasks_changed_at", table_name="tasks")
    op.drop_column("tasks", "changed_at")
