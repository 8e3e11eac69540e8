"""Indexes that hold all that experiments and best times count, so that the wide tables themselves are not read."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_Index = tuple[str, str, list[str], list[str], str]

_INDEXES: tuple[_Index, ...] = (
    (
        *("ix_touches_variants", "touches", ["version", "step_id", "lead_id", "happened_at"]),
        ["channel", "variant", "state", "outcome", "provider_message_id", "enrollment_id"],
        "variant is not null",
    ),
    (
        *("ix_touches_calls", "touches", ["happened_at"], ["lead_id", "outcome"]),
        "channel = 'call' and state = 'made' and not personal and outcome is not null",
    ),
    ("ix_inbound_messages_replies", "inbound_messages", ["received_at"], ["lead_id", "touch_id"], "kind = 'reply'"),
    ("ix_enrollments_opted_out", "enrollments", ["ended_at"], ["lead_id", "id"], "ended = 'opted_out'"),
)
_BEFORE: tuple[_Index, ...] = (
    ("ix_touches_step_id_variant", "touches", ["step_id"], [], "variant is not null"),
    ("ix_inbound_messages_replies", "inbound_messages", ["received_at"], [], "kind = 'reply'"),
    ("ix_enrollments_opted_out", "enrollments", ["ended_at"], [], "ended = 'opted_out'"),
)


def upgrade() -> None:
    """Go one step forward."""
    _replace(_BEFORE, _INDEXES)


def downgrade() -> None:
    """Go one step back."""
    _replace(_INDEXES, _BEFORE)


def _replace(old: tuple[_Index, ...], new: tuple[_Index, ...]) -> None:
    for name, table, *_ in old:
        op.drop_index(name, table_name=table)
    for name, table, columns, included, where in new:
        op.create_index(
            name, table, columns, unique=False, postgresql_include=included, postgresql_where=sa.text(where)
        )
