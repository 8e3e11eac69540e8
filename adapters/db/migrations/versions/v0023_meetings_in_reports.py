"""What leads are told of meetings counts as one step in reports: the id of the meeting is left out."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_STEP = "split_part(touch.step_id, ':', 1)::varchar"
_CONTACTS = """
create or replace function measured_contacts(since timestamptz) returns table (
  touch_id uuid, lead_id uuid, happened_at timestamptz, cadence varchar, version varchar, step_id varchar,
  template varchar, variant varchar, channel varchar, contact_number integer,
  delivered boolean, bounced boolean, replied boolean, yes boolean, no boolean, not_now boolean, opted_out boolean
) language sql stable
begin atomic
  select touch.id, touch.lead_id, touch.happened_at, version.name, touch.version, {step},
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


def upgrade() -> None:
    """Go one step forward."""
    op.execute(_CONTACTS.format(step=_STEP))


def downgrade() -> None:
    """Go one step back."""
    op.execute(_CONTACTS.format(step="touch.step_id"))
