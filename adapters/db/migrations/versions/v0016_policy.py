"""The follow-up policy as it was sent, and who acknowledged it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "policy_versions",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_versions")),
    )
    op.create_table(
        "policy_acknowledgements",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("colleague_id", sa.String(), nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=False),
        sa.Column("acknowledged_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["version"], ["policy_versions.version"], name=op.f("fk_policy_acknowledgements_version_policy_versions")
        ),
        sa.ForeignKeyConstraint(
            ["colleague_id"], ["colleagues.id"], name=op.f("fk_policy_acknowledgements_colleague_id_colleagues")
        ),
        sa.PrimaryKeyConstraint("version", "colleague_id", name=op.f("pk_policy_acknowledgements")),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("policy_acknowledgements")
    op.drop_table("policy_versions")
