"""What a message in the local outbox carries beside its words: the sender's name, headers, a text's segments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("outbox", sa.Column("sender_name", sa.String(), server_default="", nullable=False))
    headers = sa.Column("headers", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False)
    op.add_column("outbox", headers)
    op.add_column("outbox", sa.Column("segments", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Go one step back."""
    op.drop_column("outbox", "segments")
    op.drop_column("outbox", "headers")
    op.drop_column("outbox", "sender_name")
