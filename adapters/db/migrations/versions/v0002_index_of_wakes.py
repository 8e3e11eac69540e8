"""An index of when the machine acts next, for the liveness checker."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_index(
        op.f("ix_leads_wake_at"), "leads", ["wake_at"], unique=False, postgresql_where=sa.text("wake_at is not null")
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index(op.f("ix_leads_wake_at"), table_name="leads", postgresql_where=sa.text("wake_at is not null"))
