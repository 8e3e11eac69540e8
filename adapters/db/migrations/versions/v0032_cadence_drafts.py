"""Cadences that are being edited, and how many leads are on their way in each version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "cadence_drafts",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("based_on", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("templates", postgresql.JSONB(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["based_on"], ["cadence_versions.version"], name=op.f("fk_cadence_drafts_based_on_cadence_versions")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cadence_drafts")),
    )
    op.create_index("ix_enrollments_in_flight", "enrollments", ["version"], postgresql_where=sa.text("ended is null"))


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_enrollments_in_flight", table_name="enrollments")
    op.drop_table("cadence_drafts")
