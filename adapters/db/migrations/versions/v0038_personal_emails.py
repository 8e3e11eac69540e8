"""Personal emails that go out through the gate and the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_WORDS = ("by", "sender", "sender_name", "reply_to", "subject", "text")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "personal_emails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _WORDS),
        sa.Column("written_at", _INSTANT, nullable=False),
        sa.Column("answers", sa.Uuid(), nullable=True),
        sa.Column("follows", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("not_before", _INSTANT, nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_personal_emails_lead_id_leads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_emails")),
    )
    op.create_index("ix_personal_emails_lead_id", "personal_emails", ["lead_id"], unique=False)
    op.create_index(
        "ix_personal_emails_unsettled",
        "personal_emails",
        ["lead_id"],
        unique=False,
        postgresql_where=sa.text("state in ('waiting', 'unknown')"),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("personal_emails")
