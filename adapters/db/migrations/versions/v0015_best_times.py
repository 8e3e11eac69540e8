"""The best time to call: what was learnt, what a lead wished for, and what a task proposes."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("leads", sa.Column("reach", sa.String(), nullable=True))
    op.add_column("tasks", sa.Column("best_at", _INSTANT, nullable=True))
    op.create_table(
        "contact_times",
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("connected", sa.Integer(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.Column("learnt_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hour", name=op.f("pk_contact_times")),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("contact_times")
    op.drop_column("tasks", "best_at")
    op.drop_column("leads", "reach")
