"""Since when a person waits no more for a first response, and an index of those that somebody still waits for."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# A switch of the cadence stops no clock, and merging may keep the clock of the enrollment that ended; of these, who
# waits no more is known by that nobody is to be warned, though nobody was told before.
_MOOT = """
update first_responses as question set moot_at = enrollment.ended_at
from enrollments as enrollment
where enrollment.id = question.enrollment_id and question.answered_at is null and enrollment.ended_at is not null
  and (enrollment.ended not in ('switched', 'merged')
    or (question.warn_at is null and question.act_at is null
      and question.escalated_at is null and question.reassigned_at is null))
"""
_RUNNING = "ix_first_responses_running"


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("first_responses", sa.Column("moot_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_MOOT)
    op.create_index(
        _RUNNING,
        "first_responses",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("answered_at is null and moot_at is null"),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index(_RUNNING, "first_responses")
    op.drop_column("first_responses", "moot_at")
