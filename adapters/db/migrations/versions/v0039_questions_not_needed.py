"""Reports see since when a person waits no more for an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_QUESTIONS = """
create view measured_questions as
select question.enrollment_id, question.lead_id, lead.kind, lead.source, enrollment.cadence, question.owner_id as rep,
  question.asked_at, question.due_at, question.attempts, question.answered_at,
  date_part('epoch', time.response) as response_seconds,
  question.business_seconds::double precision as business_seconds,
  date_part('epoch', time.attempt) as attempt_seconds,
  date_part('epoch', time.machine) as machine_seconds,
  date_part('epoch', time.response) - coalesce(date_part('epoch', time.machine), 0) as human_seconds{more}
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
    _view(", question.moot_at")


def downgrade() -> None:
    """Go one step back."""
    _view("")


def _view(more: str) -> None:
    op.execute(sa.text("drop view measured_questions"))
    op.execute(sa.text(_QUESTIONS.replace("{more}", more)))
