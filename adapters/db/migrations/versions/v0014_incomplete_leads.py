"""By what a lead without a contact point is known again."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("leads", sa.Column("words_digest", sa.String(), nullable=True))
    op.create_index(
        "ix_leads_words_digest",
        "leads",
        ["words_digest"],
        unique=False,
        postgresql_where=sa.text("words_digest is not null"),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_leads_words_digest", "leads")
    op.drop_column("leads", "words_digest")
