"""What people said, each with the contact that it is credited to: where the leads behind a yes are found from."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# Whatever is credited to a contact was said after it, so that nothing older is read. What is asked for is all that is
# looked at: PostgreSQL leaves out the parts with another `what`.
_SAYINGS = """
create function measured_sayings(since timestamptz) returns table (touch_id uuid, lead_id uuid, what varchar)
language sql stable
begin atomic
  select coalesce(said.touch_id, before.id), said.lead_id, said.what
  from (
    select inbound_messages.lead_id, 'replied' as what, received_at as at, inbound_messages.touch_id
      from inbound_messages where kind = 'reply' and received_at >= since
    union all
    select answers.lead_id, answer, said_at, null from answers where said_at >= since
    union all
    select tasks.lead_id, 'not_now', closed_at, null from tasks where outcome = 'not now' and closed_at >= since
    union all
    select commands.lead_id, 'not_now', created_at, null from commands where kind = 'not_now' and created_at >= since
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
_CONTACTS = """
create or replace function measured_contacts(since timestamptz) returns table (
  touch_id uuid, lead_id uuid, happened_at timestamptz, cadence varchar, version varchar, step_id varchar,
  template varchar, variant varchar, channel varchar, contact_number integer,
  delivered boolean, bounced boolean, replied boolean, yes boolean, no boolean, not_now boolean, opted_out boolean
) language sql stable
begin atomic
  select touch.id, touch.lead_id, touch.happened_at, version.name, touch.version,
    split_part(touch.step_id, ':', 1)::varchar, touch.template, touch.variant, touch.channel, touch.contact_number,
    touch.state = 'delivered', touch.bounced_at is not null,
    credited.replied, credited.yes, credited.no, credited.not_now, credited.opted_out
  from touches as touch
  left join cadence_versions as version on version.version = touch.version
  left join (
    select said.touch_id,
      bool_or(said.what = 'replied') as replied, bool_or(said.what = 'yes') as yes, bool_or(said.what = 'no') as no,
      bool_or(said.what = 'not_now') as not_now, bool_or(said.what = 'opted_out') as opted_out
    from {said}
    group by 1
  ) as credited on credited.touch_id = touch.id
  where touch.happened_at >= since
    and (touch.state in ('sent', 'delivered', 'unknown', 'made')
      or (touch.state = 'failed' and touch.provider_message_id is not null));
end
"""


def upgrade() -> None:
    """Go one step forward."""
    op.execute(_SAYINGS)
    op.execute(_CONTACTS.format(said="measured_sayings(since) as said"))


def downgrade() -> None:
    """Go one step back."""
    inside = _SAYINGS[_SAYINGS.index("select") : _SAYINGS.index(";")]
    inside = inside.replace("before.id), said.lead_id", "before.id) as touch_id, said.lead_id", 1)
    op.execute(_CONTACTS.format(said=f"({inside}) as said"))
    op.execute("drop function measured_sayings(timestamptz)")
