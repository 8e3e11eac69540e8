"""Backlogs: files of old leads, and which leads came with one."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "backlogs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backlogs")),
    )
    op.add_column("leads", sa.Column("backlog_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_leads_backlog_id_backlogs"), "leads", "backlogs", ["backlog_id"], ["id"])
    op.create_index(
        "ix_leads_backlog_id",
        "leads",
        ["backlog_id"],
        unique=False,
        postgresql_where=sa.text("backlog_id is not null"),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_leads_backlog_id", table_name="leads")
    op.drop_constraint(op.f("fk_leads_backlog_id_backlogs"), "leads", type_="foreignkey")
    op.drop_column("leads", "backlog_id")
    op.drop_table("backlogs")
