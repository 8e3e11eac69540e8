"""A business as it is after three years, made in SQL: 200,000 leads with ten touches each, and all that is measured.

Everything follows from the number of the lead and a seed, so that two runs measure the same business. Rows are as wide
as in production (documents and texts are padded), since what a report costs is what it has to read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.bench.options import Options

REPS = 40
TOUCHES = 10
WEEKS = 156
_CHUNK = 50_000

_LEAD = "md5('lead' || i)::uuid"
_ENROLLMENT = "md5('enrollment' || i)::uuid"
_TOUCH = "md5('touch' || i || '-' || n)::uuid"


def _chance(seed: int, key: str = "i") -> str:
    """A number from 0 to 1 that follows from a lead's number and a seed."""
    return f"((hashint8extended({key}, {seed}) & 1048575) / 1048576.0)"


def _after(seed: int, median: str, spread: str = "1.2") -> str:
    """An interval around a median in seconds, many short ones and some very long ones."""
    normal = f"sqrt(-2 * ln(1e-6 + 0.999998 * {_chance(seed)})) * cos(6.2832 * {_chance(seed + 1)})"
    return f"({median} * exp({spread} * {normal}))"


_CREATED = f"(cast(:now as timestamptz) - (:leads - i) * (interval '{WEEKS} weeks' / :leads) - interval '1 minute')"
_INBOUND = f"({_chance(1)} < 0.75)"
_SOURCE = (
    "(array['web form','trade fair','phone','partner','newsletter','webinar','referral','list'])"
    f"[1 + floor(8 * power({_chance(2)}, 2))::int]"
)
_REP = f"'rep' || (hashint8extended(i, 3) & 1023) % {REPS}"
_VERSION = (
    f"md5(case when not {_INBOUND} then 'outbound' when {_chance(4)} < 0.5 then 'inbound-1' else 'inbound-2' end)"
    " || md5('cadence')"
)
_CADENCE = f"case when {_INBOUND} then 'inbound-web' else 'outbound-qualified' end"
_QUALIFIED, _WON, _LOST = f"({_chance(5)} < 0.22)", f"({_chance(5)} < 0.09)", f"({_chance(5)} > 0.65)"
_ENDED = f"case when {_QUALIFIED} then 'yes' when {_LOST} then 'no' when {_chance(6)} < 0.05 then 'opted_out' end"
_STAGE = f"case when {_WON} then 'won' when {_LOST} then 'lost' when {_QUALIFIED} then 'qualified' else 'working' end"
_AGE = f"(cast(:now as timestamptz) - {_CREATED})"
_OFFSETS = "(array[0.0001,0.02,0.03,0.05,0.09,0.14,0.28,0.5,0.62,0.97])"
_HAPPENED = f"({_CREATED} + {_OFFSETS}[n] * least({_AGE}, interval '250 days'))"
_CHANNEL = "(array['email','call','email','sms','call','email','sms','sms','call','email'])[n]"
_TOUCH_CHANCE = _chance(7, "i * 10 + n")
_STATE = (
    f"case when {_CHANNEL} = 'call' then 'made' when {_TOUCH_CHANCE} < 0.94 then 'delivered'"
    f" when {_TOUCH_CHANCE} < 0.97 then 'sent' else 'failed' end"
)
_SAID = f"({_CREATED} + (0.05 + 0.9 * {_chance(8)}) * least({_AGE}, interval '250 days'))"

_LEADS = f"""
insert into leads (id, kind, name, company, question, source, attributes, cost, owner_id, generated_by_id, stage,
  created_at, revision, enrollment_id, cadence, plan, next_at, wake_at, answer, ended, ended_at, first_human_at)
select {_LEAD}, case when {_INBOUND} then 'inbound' else 'outbound' end, 'Person ' || i, 'Company ' || i % 5000,
  'Do your ovens run on single-phase power, and what does one cost?', nullif({_SOURCE}, 'list'), '{{}}',
  case when {_chance(9)} < 0.9 then round((5 + 60 * {_chance(10)})::numeric, 2) end, {_REP},
  case when not {_INBOUND} then 'rep' || i % {REPS} end, {_STAGE}, {_CREATED}, 12, {_ENROLLMENT}, {_CADENCE},
  jsonb_build_object('revision', 12, 'lead', i, 'padding', repeat('plan ', 160)),
  case when {_ENDED} is null then cast(:now as timestamptz) + {_chance(11)} * interval '90 days' end,
  case when {_ENDED} is null then cast(:now as timestamptz) + {_chance(11)} * interval '90 days' end,
  case when {_QUALIFIED} then 'yes' when {_LOST} then 'no' end, {_ENDED}, {_SAID}, null
from generate_series(cast(:first as bigint), :last) as i
"""
_ENROLLMENTS = f"""
insert into enrollments (id, lead_id, cadence, version, started_at, ended, ended_at, progress)
select {_ENROLLMENT}, {_LEAD}, {_CADENCE}, {_VERSION}, {_CREATED}, {_ENDED}, {_SAID},
  jsonb_build_object('lead', i, 'padding', repeat('progress ', 150))
from generate_series(cast(:first as bigint), :last) as i
"""
_TOUCH_ROWS = f"""
insert into touches (id, lead_id, enrollment_id, step_id, occurrence, channel, state, contact, subject, text, outcome,
  by, happened_at, settled_at, provider, provider_message_id, template, version, variant, contact_number, owner_id)
select {_TOUCH}, {_LEAD}, {_ENROLLMENT}, 'step-' || n, 1, {_CHANNEL}, {_STATE}, 'lead' || i || '@example.com',
  'Your question about our ovens', repeat('Some words of a message. ', 18),
  case when {_CHANNEL} = 'call' then case when {_TOUCH_CHANCE} < 0.4 then 'connected' else 'voicemail' end end,
  case when {_CHANNEL} = 'call' then {_REP} end, {_HAPPENED}, {_HAPPENED} + interval '2 seconds',
  case when {_CHANNEL} <> 'call' then 'outbox' end, 'outbox-' || {_TOUCH}, 'template-' || n, {_VERSION},
  case when n in (1, 3) then case when {_TOUCH_CHANCE} * 2 < 1 then 'original' else 'b' end end, n, {_REP}
from generate_series(cast(:first as bigint), :last) as i cross join generate_series(1, {TOUCHES}) as n
"""
_MACHINE = _after(20, "4", "0.7")
_HUMAN = _after(22, "1500", "1.4")
_FIRST_RESPONSES = f"""
insert into first_responses (enrollment_id, lead_id, asked_at, due_at, owner_id, machine_at, attempted_at, attempts,
  answered_at, answered_by, how, business_seconds)
select {_ENROLLMENT}, {_LEAD}, {_CREATED}, {_CREATED} + interval '30 minutes', {_REP},
  {_CREATED} + {_MACHINE} * interval '1 second',
  case when {_chance(24)} < 0.4 then {_CREATED} + 0.6 * {_HUMAN} * interval '1 second' end,
  case when {_chance(24)} < 0.4 then 1 + floor(3 * {_chance(25)})::int else 0 end,
  case when {_chance(26)} < 0.9 then least({_CREATED} + {_HUMAN} * interval '1 second', cast(:now as timestamptz)) end,
  {_REP}, 'call', case when {_chance(26)} < 0.9 then ({_HUMAN} * 0.4)::int end
from generate_series(cast(:first as bigint), :last) as i where {_INBOUND}
"""
_STAGES = f"""
insert into stage_changes (lead_id, stage, at, by, owner_id)
select {_LEAD}, stage, at, {_REP}, {_REP}
from generate_series(cast(:first as bigint), :last) as i cross join lateral (values
  ('new', {_CREATED}, true),
  ('working', {_CREATED} + 0.03 * least({_AGE}, interval '250 days'), {_chance(27)} < 0.9),
  ('qualified', {_SAID}, {_QUALIFIED}),
  ('accepted', {_SAID} + interval '2 hours', {_QUALIFIED} and {_chance(36)} < 0.8),
  ('won', {_SAID} + {_chance(28)} * (cast(:now as timestamptz) - {_SAID}), {_WON}),
  ('lost', {_SAID}, {_LOST})
) as reached (stage, at, was) where was
"""
_INQUIRIES = f"""
insert into inquiries (lead_id, question, asked_at)
select {_LEAD}, 'Do your ovens run on single-phase power, and what does one cost?', {_CREATED}
from generate_series(cast(:first as bigint), :last) as i where {_INBOUND}
"""
_ASSIGNMENTS = f"""
insert into assignments (lead_id, owner_id, at, by, why, until)
select {_LEAD}, owner_id, at, 'followthrough', 'its turn', until
from generate_series(cast(:first as bigint), :last) as i cross join lateral (values
  ('rep' || i % 7, {_CREATED}, {_CREATED} + interval '1 day', {_chance(35)} < 0.2),
  ({_REP}, {_CREATED} + case when {_chance(35)} < 0.2 then interval '1 day' else '0' end, null, true)
) as owned (owner_id, at, until, was) where was
"""
_ANSWERS = f"""
insert into answers (lead_id, enrollment_id, answer, by, said_at)
select {_LEAD}, {_ENROLLMENT}, case when {_QUALIFIED} then 'yes' else 'no' end, {_REP}, {_SAID}
from generate_series(cast(:first as bigint), :last) as i where {_QUALIFIED} or {_LOST}
"""
_REPLIES = f"""
insert into inbound_messages (id, lead_id, touch_id, channel, provider, external_id, sender, recipient, text, kind,
  received_at)
select md5('reply' || i)::uuid, {_LEAD}, case when {_chance(29)} < 0.8 then {_TOUCH} end, 'email', 'outbox',
  'reply' || i, 'lead' || i || '@example.com', 'hello@example.com', repeat('Some words of a reply. ', 10), 'reply',
  {_HAPPENED} + {_chance(30)} * (cast(:now as timestamptz) - {_HAPPENED}) * 0.1
from generate_series(cast(:first as bigint), :last) as i
  cross join lateral (select 1 + floor(9 * {_chance(31)})::int as n) as answered where {_chance(32)} < 0.25
"""
_TASKS = f"""
insert into tasks (id, lead_id, enrollment_id, step_id, occurrence, kind, owner, title, text, created_at, opens_at,
  due_at, escalate_to, escalations, state, outcome, closed_at, closed_by)
select md5(state || i)::uuid, {_LEAD}, {_ENROLLMENT}, 'step-2', 1, 'call', {_REP}, 'call: first call',
  repeat('What to say. ', 20), {_CREATED}, {_CREATED}, {_CREATED} + interval '30 minutes', 'manager', 0, state,
  case when state = 'done' then case when {_chance(33)} < 0.05 then 'not now' else 'connected' end end,
  case when state = 'done' then {_SAID} end, case when state = 'done' then {_REP} end
from generate_series(cast(:first as bigint), :last) as i cross join (values ('done'), ('open')) as states (state)
where state = 'done' or i % 10 = 0
"""
_COMMANDS = f"""
insert into commands (id, lead_id, revision, kind, by, details, told, created_at, delivered_at)
select md5(kind || i)::uuid, {_LEAD}, 1, kind, 'bench', '{{}}', jsonb_build_object('padding', repeat('told ', 120)),
  {_SAID}, {_SAID}
from generate_series(cast(:first as bigint), :last) as i cross join (values ('start'), ('not_now')) as kinds (kind)
where kind = 'start' or {_chance(34)} < 0.05
"""
_OF_EACH_LEAD = (
    *(_LEADS, _INQUIRIES, _ASSIGNMENTS, _ENROLLMENTS, _TOUCH_ROWS, _FIRST_RESPONSES, _STAGES),
    *(_ANSWERS, _REPLIES, _TASKS, _COMMANDS),
)
_OF_ALL = (
    f"insert into colleagues (id, name, created_at) select 'rep' || n, 'Rep Number' || n, cast(:now as timestamptz)"
    f" from generate_series(0, {REPS - 1}) as n on conflict do nothing",
    "insert into cadence_versions (version, name, source, templates, published_at)"
    " select md5(key) || md5('cadence'), name, '', '{}', cast(:now as timestamptz) from (values"
    " ('outbound', 'outbound-qualified'), ('inbound-1', 'inbound-web'), ('inbound-2', 'inbound-web')) as v (key, name)",
)


async def fill(engine: AsyncEngine, leads: int, now: datetime, options: Options) -> dict[str, Any]:
    """Fill an empty database; how many rows it got."""
    values = {"now": now, "leads": leads}
    for statement in _OF_ALL:
        await _run(engine, statement, values)
    for first in range(1, leads + 1, _CHUNK):
        last = min(first + _CHUNK - 1, leads)
        for statement in _OF_EACH_LEAD:
            await _run(engine, statement, {**values, "first": first, "last": last})
        options.say(f"{last:,} of {leads:,} leads are in the database")
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("vacuum analyze"))
        names = ("leads", "touches", "first_responses", "stage_changes", "answers", "inbound_messages", "tasks")
        counts = {name: await connection.scalar(text(f"select count(*) from {name}")) for name in names}
    return {"rows": counts}


async def _run(engine: AsyncEngine, statement: str, values: Mapping[str, Any]) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("set local session_replication_role = replica"))  # what we insert is consistent
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        await connection.execute(text(statement), used)
