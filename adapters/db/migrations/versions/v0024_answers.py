"""What the library said to a question, who knew most about it, and who answered the rest."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_LISTS = ("answers", "unanswered")
_COLUMNS = (
    ("topic", sa.String()),
    ("expert_id", sa.String()),
    ("answered_at", sa.DateTime(timezone=True)),
    ("answered_by", sa.String()),
    ("answered_note", sa.String()),
)


def upgrade() -> None:
    """Go one step forward."""
    for name in _LISTS:
        empty = sa.Column(name, postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False)
        op.add_column("inquiries", empty)
    for name, kind in _COLUMNS:
        op.add_column("inquiries", sa.Column(name, kind, nullable=True))
    op.create_foreign_key(op.f("fk_inquiries_expert_id_colleagues"), "inquiries", "colleagues", ["expert_id"], ["id"])
    op.create_index(
        "ix_inquiries_unanswered",
        "inquiries",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("unanswered <> '[]'::jsonb"),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_inquiries_unanswered", table_name="inquiries")
    op.drop_constraint(op.f("fk_inquiries_expert_id_colleagues"), "inquiries", type_="foreignkey")
    for name in (*_LISTS, *(name for name, _ in _COLUMNS)):
        op.drop_column("inquiries", name)
