"""What reports read: one row for each lead and question, and the indexes that spare them the wide tables."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# One row for each lead. What a report does not ask for is not joined either: each side has at most one row for a lead,
# and PostgreSQL sees that.
_LEADS = """
create view measured_leads as
select lead.id as lead_id, lead.kind, lead.source, first.cadence, lead.owner_id as rep, lead.created_at as received_at,
  lead.cost, lead.stage, lead.ended, lead.wake_at, lead.first_human_at,
  qualified.at as qualified_at, won.at as won_at, lost.at as lost_at
from leads as lead
left join (
  select distinct on (lead_id) lead_id, cadence from enrollments order by lead_id, started_at
) as first on first.lead_id = lead.id
left join (
  select lead_id, min(at) as at from stage_changes where stage = 'qualified' group by lead_id
) as qualified on qualified.lead_id = lead.id
left join (select lead_id, min(at) as at from stage_changes where stage = 'won' group by lead_id) as won
  on won.lead_id = lead.id
left join (select lead_id, min(at) as at from stage_changes where stage = 'lost' group by lead_id) as lost
  on lost.lead_id = lead.id
where lead.plan is not null
"""
# One row for each question whose first response is timed. The machine's part ends with its first message, if that went
# out before a person was there; the rest of the time is the human part.
_QUESTIONS = """
create view measured_questions as
select question.enrollment_id, question.lead_id, lead.kind, lead.source, enrollment.cadence, question.owner_id as rep,
  question.asked_at, question.due_at, question.attempts, question.answered_at,
  date_part('epoch', time.response) as response_seconds,
  question.business_seconds::double precision as business_seconds,
  date_part('epoch', time.attempt) as attempt_seconds,
  date_part('epoch', time.machine) as machine_seconds,
  date_part('epoch', time.response) - coalesce(date_part('epoch', time.machine), 0) as human_seconds
from first_responses as question
cross join lateral (
  -- greatest and least leave NULLs out, so that a question without an answer would have been answered at once.
  select
    case when question.answered_at is not null then greatest(question.answered_at - question.asked_at, '0') end
      as response,
    case
      when coalesce(question.attempted_at, question.answered_at) is not null
        then greatest(least(question.attempted_at, question.answered_at) - question.asked_at, '0')
    end as attempt,
    case
      when question.machine_at <= coalesce(question.answered_at, 'infinity')
        then greatest(question.machine_at - question.asked_at, '0')
    end as machine
) as time
left join leads as lead on lead.id = question.lead_id
left join enrollments as enrollment on enrollment.id = question.enrollment_id
"""


def upgrade() -> None:
    """Go one step forward."""
    op.create_index(
        "ix_stage_changes_stage_lead_id",
        "stage_changes",
        ["stage", "lead_id"],
        unique=False,
        postgresql_include=["at"],
    )
    op.drop_index("ix_enrollments_lead_id", "enrollments")
    op.create_index(
        "ix_enrollments_lead_id_started_at",
        "enrollments",
        ["lead_id", "started_at"],
        unique=False,
        postgresql_include=["cadence"],
    )
    for view in (_LEADS, _QUESTIONS):
        op.execute(sa.text(view))


def downgrade() -> None:
    """Go one step back."""
    for name in ("measured_questions", "measured_leads"):
        op.execute(sa.text(f"drop view {name}"))
    op.drop_index("ix_enrollments_lead_id_started_at", "enrollments")
    op.create_index("ix_enrollments_lead_id", "enrollments", ["lead_id"], unique=False)
    op.drop_index("ix_stage_changes_stage_lead_id", "stage_changes")
