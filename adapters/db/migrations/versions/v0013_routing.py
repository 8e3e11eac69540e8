"""Who got which lead and why, and when colleagues are away."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_OWNERS_NOW = """
    insert into assignments (lead_id, owner_id, at, by, why)
    select id, owner_id, created_at, 'followthrough', 'owned the lead when assignments began to be kept'
    from leads where plan is not null
"""


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("colleagues", sa.Column("takes_leads_since", _INSTANT, nullable=True))
    op.create_table(
        "assignments",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("until", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_assignments_lead_id_leads"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["colleagues.id"], name=op.f("fk_assignments_owner_id_colleagues")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("colleague_id", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("cover_id", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["colleague_id"], ["colleagues.id"], name=op.f("fk_absences_colleague_id_colleagues")),
        sa.ForeignKeyConstraint(["cover_id"], ["colleagues.id"], name=op.f("fk_absences_cover_id_colleagues")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
        sa.UniqueConstraint(
            "colleague_id", "source", "external_id", name=op.f("uq_absences_colleague_id_source_external_id")
        ),
    )
    op.create_index("ix_absences_colleague_id_last_day", "absences", ["colleague_id", "last_day"], unique=False)
    op.execute(_OWNERS_NOW)
    op.create_index(op.f("ix_assignments_lead_id"), "assignments", ["lead_id"], unique=False)
    op.create_index("ix_assignments_owner_id_at", "assignments", ["owner_id", "at"], unique=False)
    op.create_index(
        "ix_assignments_routed",
        "assignments",
        ["at", "owner_id"],
        unique=False,
        postgresql_where=sa.text("rule is not null"),
    )


def downgrade() -> None:
    """Go one step back."""
    for table in ("absences", "assignments"):
        op.drop_table(table)
    op.drop_column("colleagues", "takes_leads_since")
