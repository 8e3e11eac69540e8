"""Turns apart from assignments: they are committed before the lead is stored."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_AS_GIVEN = """
    insert into turns (colleague_id, at) select owner_id, at from assignments where rule is not null order by id
"""


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "turns",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("colleague_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["colleague_id"], ["colleagues.id"], name=op.f("fk_turns_colleague_id_colleagues")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turns")),
    )
    op.execute(_AS_GIVEN)
    op.create_index(op.f("ix_turns_at"), "turns", ["at"], unique=False)
    op.create_index("ix_turns_colleague_id_at", "turns", ["colleague_id", "at"], unique=False)
    op.drop_index("ix_assignments_routed", "assignments")


def downgrade() -> None:
    """Go one step back."""
    routed = sa.text("rule is not null")
    op.create_index("ix_assignments_routed", "assignments", ["at", "owner_id"], unique=False, postgresql_where=routed)
    op.drop_table("turns")
