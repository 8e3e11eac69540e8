"""When the machine asks a provider next what became of an unknown message."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("tasks", sa.Column("look_up_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go one step back."""
    op.drop_column("tasks", "look_up_at")
