"""Forms that were sent, and where from on the network a consent was given."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("consents", sa.Column("address", sa.String(), nullable=True))
    op.create_table(
        "form_submissions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("address_digest", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("suspected", sa.String(), nullable=True),
        sa.Column("sender", sa.String(), nullable=True),
        sa.Column("sent", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_form_submissions_lead_id_leads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_submissions")),
    )
    op.create_index(op.f("ix_form_submissions_received_at"), "form_submissions", ["received_at"], unique=False)
    op.create_index(
        "ix_form_submissions_address_digest_received_at",
        "form_submissions",
        ["address_digest", "received_at"],
        unique=False,
    )
    op.create_index(
        "ix_form_submissions_lead_id",
        "form_submissions",
        ["lead_id"],
        unique=False,
        postgresql_where=sa.text("lead_id is not null"),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("form_submissions")
    op.drop_column("consents", "address")
