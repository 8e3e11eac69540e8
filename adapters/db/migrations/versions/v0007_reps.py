"""Colleagues as routing sees them: team, hours and clock, skills, share of new leads, calls in a day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TEXTS = ("team", "zone", "hours", "calendar", "first_response")


def upgrade() -> None:
    """Go one step forward."""
    for name in _TEXTS:
        op.add_column("colleagues", sa.Column(name, sa.String(), nullable=True))
    none = sa.text("'[]'::jsonb")
    op.add_column("colleagues", sa.Column("skills", postgresql.JSONB(), server_default=none, nullable=False))
    op.add_column("colleagues", sa.Column("weight", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("colleagues", sa.Column("calls_per_day", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Go one step back."""
    for name in ("calls_per_day", "weight", "skills", *reversed(_TEXTS)):
        op.drop_column("colleagues", name)
