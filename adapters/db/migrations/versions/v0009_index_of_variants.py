"""Touches of variants are found by their step, so that experiments are counted without reading the whole ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_index(
        "ix_touches_step_id_variant",
        "touches",
        ["step_id"],
        unique=False,
        postgresql_where=sa.text("variant is not null"),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_touches_step_id_variant", table_name="touches")
