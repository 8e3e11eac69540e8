"""Slips that are taken back: what is remembered for it, and marks that keep what was corrected out of every count."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_MARKED = ("answers", "assignments", "commands", "stage_changes")
_CLAIMS = ("uq_touches_step_occurrence", "touches", ["lead_id", "enrollment_id", "step_id", "occurrence"])
_HOLDS = "corrected_at is null"
_STAGES: tuple[tuple[str, list[str], list[str]], ...] = (
    ("ix_stage_changes_stage_at", ["stage", "at"], []),
    ("ix_stage_changes_stage_lead_id", ["stage", "lead_id"], ["at"]),
)

# The same as before, but for what was taken back.
_SAYINGS = """
create or replace function measured_sayings(since timestamptz)
returns table (touch_id uuid, lead_id uuid, what varchar)
language sql stable
begin atomic
  select coalesce(said.touch_id, before.id), said.lead_id, said.what
  from (
    select inbound_messages.lead_id, 'replied' as what, received_at as at, inbound_messages.touch_id
      from inbound_messages where kind = 'reply' and received_at >= since
    union all
    select answers.lead_id, answer, said_at, null from answers where said_at >= since{of_answers}
    union all
    select tasks.lead_id, 'not_now', closed_at, null from tasks where outcome = 'not now' and closed_at >= since
    union all
    select commands.lead_id, 'not_now', created_at, null
      from commands where kind = 'not_now' and created_at >= since{of_commands}
    union all
    select enrollments.lead_id, 'opted_out', ended_at, null
      from enrollments where ended = 'opted_out' and ended_at >= since
  ) as said
  left join lateral (
    select earlier.id from touches as earlier
    where said.touch_id is null and earlier.lead_id = said.lead_id and earlier.happened_at <= said.at
      and (earlier.state in ('sent', 'delivered', 'unknown', 'made')
        or (earlier.state = 'failed' and earlier.provider_message_id is not null))
    order by earlier.happened_at desc
    limit 1
  ) as before on true;
end
"""
_LEADS = """
create or replace view measured_leads as
select lead.id as lead_id, lead.kind, lead.source, first.cadence, lead.owner_id as rep, lead.created_at as received_at,
  lead.cost, lead.stage, lead.ended, lead.wake_at, lead.first_human_at,
  qualified.at as qualified_at, won.at as won_at, lost.at as lost_at
from leads as lead
left join (
  select distinct on (lead_id) lead_id, cadence from enrollments order by lead_id, started_at
) as first on first.lead_id = lead.id
left join (
  select lead_id, min(at) as at from stage_changes where stage = 'qualified'{holds} group by lead_id
) as qualified on qualified.lead_id = lead.id
left join (select lead_id, min(at) as at from stage_changes where stage = 'won'{holds} group by lead_id) as won
  on won.lead_id = lead.id
left join (select lead_id, min(at) as at from stage_changes where stage = 'lost'{holds} group by lead_id) as lost
  on lost.lead_id = lead.id
where lead.plan is not null
"""
_JOURNEYS = """
create or replace function measured_journeys(since timestamptz, until timestamptz) returns table (
  lead_id uuid, kind varchar, source varchar, rep varchar, ended varchar, asked_at timestamptz,
  captured_at timestamptz, machine_at timestamptz, attempted_at timestamptz, answered_at timestamptz,
  qualified_at timestamptz, accepted_at timestamptz, won_at timestamptz, lost_at timestamptz
) language sql stable
begin atomic
  with captured as (
    select id as lead_id, leads.kind, leads.source, owner_id, leads.ended, created_at, first_human_at
    from leads where created_at >= since and created_at < until and plan is not null
  )
  select captured.lead_id, captured.kind, captured.source, captured.owner_id, captured.ended, inquiry.asked_at,
    captured.created_at, question.machine_at, question.attempted_at,
    -- Who asked nothing has no clock; the first human contact is one all the same.
    case when question.lead_id is null then captured.first_human_at else question.answered_at end,
    qualified.at, accepted.at, won.at, lost.at
  from captured
  left join (
    select captured.lead_id, min(inquiries.asked_at) as asked_at
    from inquiries join captured on captured.lead_id = inquiries.lead_id
    group by captured.lead_id
  ) as inquiry on inquiry.lead_id = captured.lead_id
  left join (
    select distinct on (captured.lead_id) captured.lead_id, first_responses.machine_at, first_responses.attempted_at,
      first_responses.answered_at
    from first_responses join captured on captured.lead_id = first_responses.lead_id
    order by captured.lead_id, first_responses.asked_at
  ) as question on question.lead_id = captured.lead_id
  left join (
    select lead_id, min(at) as at from stage_changes where stage = 'qualified' and at >= since{holds} group by lead_id
  ) as qualified on qualified.lead_id = captured.lead_id
  left join (
    select lead_id, min(at) as at from stage_changes where stage = 'accepted' and at >= since{holds} group by lead_id
  ) as accepted on accepted.lead_id = captured.lead_id
  left join (
    select lead_id, min(at) as at from stage_changes where stage = 'won' and at >= since{holds} group by lead_id
  ) as won on won.lead_id = captured.lead_id
  left join (
    select lead_id, min(at) as at from stage_changes where stage = 'lost' and at >= since{holds} group by lead_id
  ) as lost on lost.lead_id = captured.lead_id;
end
"""


def upgrade() -> None:
    """Go one step forward."""
    for table in _MARKED:
        op.add_column(table, sa.Column("corrected_at", _INSTANT, nullable=True))
    _claims_but("state not in ('made', 'corrected')")
    _stages(_HOLDS)
    op.create_table(
        "slips",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("said_at", _INSTANT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("wrote", postgresql.JSONB(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_slips_lead_id_leads"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_slips")),
    )
    op.create_index(op.f("ix_slips_said_at"), "slips", ["said_at"], unique=False)
    _measure(f" and {_HOLDS}")


def downgrade() -> None:
    """Go one step back; what was corrected counts again, since nothing tells it apart any more."""
    _measure("")
    op.drop_table("slips")
    _stages(None)
    op.execute("delete from touches where state = 'corrected'")
    _claims_but("state <> 'made'")
    for table in _MARKED:
        op.execute(sa.text(f"delete from {table} where corrected_at is not null"))
        op.drop_column(table, "corrected_at")


def _measure(holds: str) -> None:
    """Make what reports read anew.

    Args:
        holds: what must hold of a row that counts, beginning with `and`.
    """
    op.execute(_SAYINGS.format(of_answers=holds, of_commands=holds))
    op.execute(sa.text(_LEADS.format(holds=holds)))
    op.execute(_JOURNEYS.format(holds=holds))


def _claims_but(where: str) -> None:
    name, table, columns = _CLAIMS
    op.drop_index(name, table_name=table)
    op.create_index(name, table, columns, unique=True, postgresql_where=sa.text(where))


def _stages(where: str | None) -> None:
    for name, columns, included in _STAGES:
        op.drop_index(name, table_name="stage_changes")
        op.create_index(
            name,
            "stage_changes",
            columns,
            unique=False,
            postgresql_include=included,
            postgresql_where=None if where is None else sa.text(where),
        )
