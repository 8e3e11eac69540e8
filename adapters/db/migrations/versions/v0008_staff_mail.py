"""Mail to colleagues: when a refused one is tried again, and their place in the local outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("staff_mails", sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("outbox", "lead_id", existing_type=sa.Uuid(), nullable=True)
    op.add_column("outbox", sa.Column("internal", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    """Go one step back."""
    op.execute("delete from outbox where internal")
    op.drop_column("outbox", "internal")
    op.alter_column("outbox", "lead_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_column("staff_mails", "retry_at")
