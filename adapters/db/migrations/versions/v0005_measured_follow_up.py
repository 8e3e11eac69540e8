"""What measuring needs: first responses, stages with who and when, what touches were made from, mail to colleagues."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_TOUCH_COLUMNS = (
    ("template", sa.String()),
    ("version", sa.String()),
    ("variant", sa.String()),
    ("contact_number", sa.Integer()),
    ("owner_id", sa.String()),
)


def upgrade() -> None:
    """Go one step forward."""
    for name, kind in _TOUCH_COLUMNS:
        op.add_column("touches", sa.Column(name, kind, nullable=True))
    op.create_table(
        "first_responses",
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("warn_at", _INSTANT, nullable=True),
        sa.Column("warned_at", _INSTANT, nullable=True),
        sa.Column("act_at", _INSTANT, nullable=True),
        sa.Column("escalated_at", _INSTANT, nullable=True),
        sa.Column("reassigned_at", _INSTANT, nullable=True),
        sa.Column("machine_at", _INSTANT, nullable=True),
        sa.Column("attempted_at", _INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answered_at", _INSTANT, nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("how", sa.String(), nullable=True),
        sa.Column("business_seconds", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_first_responses_lead_id_leads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("enrollment_id", name=op.f("pk_first_responses")),
    )
    op.create_index(op.f("ix_first_responses_lead_id"), "first_responses", ["lead_id"], unique=False)
    op.create_index(op.f("ix_first_responses_asked_at"), "first_responses", ["asked_at"], unique=False)
    op.create_table(
        "stage_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_stage_changes_lead_id_leads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_changes")),
    )
    op.create_index(op.f("ix_stage_changes_lead_id"), "stage_changes", ["lead_id"], unique=False)
    op.create_index("ix_stage_changes_stage_at", "stage_changes", ["stage", "at"], unique=False)
    op.create_table(
        "staff_mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("colleague_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("state", sa.String(), server_default="waiting", nullable=False),
        sa.Column("claimed_at", _INSTANT, nullable=True),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("provider_message_id", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["colleague_id"], ["colleagues.id"], name=op.f("fk_staff_mails_colleague_id_colleagues")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_staff_mails_lead_id_leads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_mails")),
    )
    op.create_index(
        "ix_staff_mails_unsettled",
        "staff_mails",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state in ('waiting', 'claimed', 'refused')"),
    )
    op.create_index(
        "ix_staff_mails_lead_id",
        "staff_mails",
        ["lead_id"],
        unique=False,
        postgresql_where=sa.text("lead_id is not null"),
    )


def downgrade() -> None:
    """Go one step back."""
    for table in ("staff_mails", "stage_changes", "first_responses"):
        op.drop_table(table)
    for name, _ in reversed(_TOUCH_COLUMNS):
        op.drop_column("touches", name)
