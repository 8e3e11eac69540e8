"""Tasks of somebody who is away: when that begins, whose they are meanwhile, and when they come back."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("tasks", sa.Column("away_at", _INSTANT, nullable=True))
    op.add_column("tasks", sa.Column("back_to", sa.String(), nullable=True))
    op.add_column("tasks", sa.Column("back_at", _INSTANT, nullable=True))
    back = sa.text("back_to is not null")
    op.create_index("ix_tasks_back_to", "tasks", ["back_to"], unique=False, postgresql_where=back)


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_tasks_back_to", "tasks")
    for name in ("back_at", "back_to", "away_at"):
        op.drop_column("tasks", name)
