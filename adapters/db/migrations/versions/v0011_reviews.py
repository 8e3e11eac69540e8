"""The managers' daily reviews, and what they are read by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "reviews",
        sa.Column("manager_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["colleagues.id"], name=op.f("fk_reviews_manager_id_colleagues")),
        sa.PrimaryKeyConstraint("manager_id", "day", name=op.f("pk_reviews")),
    )
    op.create_index(
        "ix_tasks_closed_at", "tasks", ["closed_at"], unique=False, postgresql_where=sa.text("closed_at is not null")
    )
    op.create_index(
        "ix_commands_not_now", "commands", ["created_at"], unique=False, postgresql_where=sa.text("kind = 'not_now'")
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_commands_not_now", table_name="commands", postgresql_where=sa.text("kind = 'not_now'"))
    op.drop_index("ix_tasks_closed_at", table_name="tasks", postgresql_where=sa.text("closed_at is not null"))
    op.drop_table("reviews")
