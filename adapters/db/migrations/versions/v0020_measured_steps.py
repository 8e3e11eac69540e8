"""What came of each contact, its counts by day for the days that are over, and the way that each lead took."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Each contact since an instant, and whether something that the person said later is credited to it: to the message
# that a reply answers, else to the last contact before. Whatever is credited to a contact was said after it, so that
# nothing older is read.
_CONTACTS = """
create function measured_contacts(since timestamptz) returns table (
  touch_id uuid, lead_id uuid, happened_at timestamptz, cadence varchar, version varchar, step_id varchar,
  template varchar, variant varchar, channel varchar, contact_number integer,
  delivered boolean, bounced boolean, replied boolean, yes boolean, no boolean, not_now boolean, opted_out boolean
) language sql stable
begin atomic
  select touch.id, touch.lead_id, touch.happened_at, version.name, touch.version, touch.step_id,
    touch.template, touch.variant, touch.channel, touch.contact_number,
    touch.state = 'delivered', touch.bounced_at is not null,
    credited.replied, credited.yes, credited.no,
    credited.not_now, credited.opted_out
  from touches as touch
  left join cadence_versions as version on version.version = touch.version
  left join (
    select coalesce(said.touch_id, before.id) as touch_id,
      bool_or(said.what = 'replied') as replied, bool_or(said.what = 'yes') as yes, bool_or(said.what = 'no') as no,
      bool_or(said.what = 'not_now') as not_now, bool_or(said.what = 'opted_out') as opted_out
    from (
      select lead_id, 'replied' as what, received_at as at, touch_id
        from inbound_messages where kind = 'reply' and received_at >= since
      union all
      select lead_id, answer, said_at, null from answers where said_at >= since
      union all
      select lead_id, 'not_now', closed_at, null from tasks where outcome = 'not now' and closed_at >= since
      union all
      select lead_id, 'not_now', created_at, null from commands where kind = 'not_now' and created_at >= since
      union all
      select lead_id, 'opted_out', ended_at, null from enrollments where ended = 'opted_out' and ended_at >= since
    ) as said
    left join lateral (
      select earlier.id from touches as earlier
      where said.touch_id is null and earlier.lead_id = said.lead_id and earlier.happened_at <= said.at
        and (earlier.state in ('sent', 'delivered', 'unknown', 'made')
          or (earlier.state = 'failed' and earlier.provider_message_id is not null))
      order by earlier.happened_at desc
      limit 1
    ) as before on true
    group by 1
  ) as credited on credited.touch_id = touch.id
  where touch.happened_at >= since
    and (touch.state in ('sent', 'delivered', 'unknown', 'made')
      or (touch.state = 'failed' and touch.provider_message_id is not null));
end
"""
# By days of the clock on which it was last counted. No column is NULL, so that a refresh finds each row again.
_STEPS = """
create materialized view measured_steps as
select (contact.happened_at at time zone clock.zone)::date as day,
  coalesce(contact.cadence, '') as cadence, coalesce(contact.version, '') as version,
  coalesce(contact.step_id, '') as step_id, coalesce(contact.template, '') as template,
  coalesce(contact.variant, '') as variant, contact.channel, coalesce(contact.contact_number, 0) as contact_number,
  count(*) as sent, count(*) filter (where delivered) as delivered, count(*) filter (where bounced) as bounced,
  count(*) filter (where replied) as replied, count(*) filter (where yes) as yes, count(*) filter (where no) as no,
  count(*) filter (where not_now) as not_now, count(*) filter (where opted_out) as opted_out
from measured_contacts(timestamptz '-infinity') as contact
cross join (
  select coalesce((select zone from report_refreshes where name = 'measured_steps'), 'UTC') as zone
) as clock
group by 1, 2, 3, 4, 5, 6, 7, 8
"""
_UNIQUE = """
create unique index uq_measured_steps on measured_steps
  (day, cadence, version, step_id, template, variant, channel, contact_number)
"""
# One row for each lead that was captured in a stretch of time: when it came to which place on its way; its first
# question counts. Nothing of other leads is read, nor of what was before.
_JOURNEYS = """
create function measured_journeys(since timestamptz, until timestamptz) returns table (
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
    select lead_id, min(at) as at from stage_changes where stage = 'qualified' and at >= since group by lead_id
  ) as qualified on qualified.lead_id = captured.lead_id
  left join (
    select lead_id, min(at) as at from stage_changes where stage = 'accepted' and at >= since group by lead_id
  ) as accepted on accepted.lead_id = captured.lead_id
  left join (
    select lead_id, min(at) as at from stage_changes where stage = 'won' and at >= since group by lead_id
  ) as won on won.lead_id = captured.lead_id
  left join (
    select lead_id, min(at) as at from stage_changes where stage = 'lost' and at >= since group by lead_id
  ) as lost on lost.lead_id = captured.lead_id;
end
"""
_INDEXES = (
    ("ix_touches_happened_at", "touches", ["happened_at"], None),
    ("ix_touches_made", "touches", ["lead_id"], "state = 'made'"),
    ("ix_inbound_messages_replies", "inbound_messages", ["received_at"], "kind = 'reply'"),
    ("ix_answers_said_at", "answers", ["said_at"], None),
    ("ix_enrollments_opted_out", "enrollments", ["ended_at"], "ended = 'opted_out'"),
)


def upgrade() -> None:
    """Go one step forward."""
    for name, table, columns, where in _INDEXES:
        op.create_index(name, table, columns, unique=False, postgresql_where=None if where is None else sa.text(where))
    op.create_table(
        "report_refreshes",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_report_refreshes")),
    )
    for statement in (_CONTACTS, _STEPS, _UNIQUE, _JOURNEYS):
        op.execute(statement)


def downgrade() -> None:
    """Go one step back."""
    op.execute("drop function measured_journeys(timestamptz, timestamptz)")
    op.execute("drop materialized view measured_steps")
    op.execute("drop function measured_contacts(timestamptz)")
    op.drop_table("report_refreshes")
    for name, table, _, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
