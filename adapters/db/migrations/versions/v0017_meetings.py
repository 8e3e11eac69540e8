"""Meetings with leads, at most one at a time for a colleague; calendar files in the local outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ExcludeConstraint

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go one step forward."""
    op.execute("create type textrange as range (subtype = text)")
    op.create_table(
        "meetings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("organizer", sa.String(), nullable=False),
        sa.Column("organizer_name", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("agreed_at", _INSTANT, nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("told", sa.Integer(), nullable=True),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.Column("not_before", _INSTANT, nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("nudged_at", _INSTANT, nullable=True),
        sa.Column("asked_at", _INSTANT, nullable=True),
        sa.Column("answered_at", _INSTANT, nullable=True),
        sa.Column("followed_up_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_meetings_lead_id_leads"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["organizer"], ["colleagues.id"], name=op.f("fk_meetings_organizer_colleagues")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
        ExcludeConstraint(
            (sa.text("textrange(organizer, organizer, '[]')"), "&&"),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_meetings_one_at_a_time",
            using="gist",
            where=sa.text("state in ('invited', 'accepted', 'tentative')"),
        ),
    )
    op.create_index(op.f("ix_meetings_lead_id"), "meetings", ["lead_id"], unique=False)
    op.add_column("outbox", sa.Column("calendar", sa.String(), nullable=True))


def downgrade() -> None:
    """Go one step back."""
    op.drop_column("outbox", "calendar")
    op.drop_table("meetings")
    op.execute("drop type textrange")
