"""The table of leads: one line each, the chain of rules behind it, and on a narrow screen a card for each."""

from typing import Any

from nicegui import ui
from nicegui.events import Handler, TableSelectionEventArguments

_COLUMNS = {
    "lead": "Lead",
    "owner": "Owner",
    "stage": "Stage",
    "cadence": "Cadence",
    "next": "Next touch",
    "hold": "Hold",
    "last": "Last contact",
    "why": "Why then",
}
_HEADER = r"""
<q-tr :props="props">
  <q-th v-if="%(chooses)s" class="ft-pick">
    <q-checkbox v-model="props.selected" dense aria-label="Choose all on this page" />
  </q-th>
  <th v-for="col in props.cols" :key="col.name" scope="col">
    <span :class="col.name === 'why' ? 'ft-hidden' : ''">{{ col.label }}</span>
  </th>
</q-tr>
"""
_BODY = r"""
<q-tr :props="props" class="ft-row" tabindex="-1" :data-lead="props.row.id">
  <td v-if="%(chooses)s" class="ft-pick">
    <q-checkbox v-model="props.selected" dense :aria-label="'Choose ' + props.row.name" />
  </td>
  <td class="ft-lead-cell">
    <a :href="props.row.url" class="ft-lead-link" :title="props.row.name">{{ props.row.name }}</a>
    <div class="ft-quiet">{{ props.row.company }}</div>
  </td>
  <td><span class="ft-label">Owner</span> {{ props.row.owner }}</td>
  <td><span class="ft-label">Stage</span> <span class="ft-tag">{{ props.row.stage }}</span></td>
  <td class="ft-nowrap"><span class="ft-label">Cadence</span> {{ props.row.cadence }}</td>
  <td class="ft-next">
    <div>
      {{ props.row.what }}
      <span :class="props.row.late ? 'ft-bad-text' : 'ft-strong'">{{ props.row.when }}</span>
    </div>
    <div class="ft-quiet ft-cut" :title="props.row.why">{{ props.row.why }}</div>
    <div v-if="props.row.alarm" class="ft-bad-text">{{ props.row.alarm }}</div>
  </td>
  <td :class="props.row.hold ? '' : 'ft-none'">
    <template v-if="props.row.hold">
      <span class="ft-label">On hold</span> <span class="ft-tag ft-warn">{{ props.row.hold }}</span>
      <div class="ft-quiet ft-cut" :title="props.row.held">{{ props.row.held }}</div>
    </template>
  </td>
  <td :class="props.row.last ? 'ft-nowrap' : 'ft-none'">
    <span class="ft-label">Last contact</span> {{ props.row.last }}
    <div class="ft-quiet">{{ props.row.by }}</div>
  </td>
  <td class="ft-end">
    <q-btn v-if="props.row.reasons" flat round dense class="ft-why" :icon="props.expand ? 'expand_less' : 'expand_more'"
      :aria-expanded="props.expand ? 'true' : 'false'" :aria-label="'Why then: ' + props.row.name"
      @click="props.expand = !props.expand" />
  </td>
</q-tr>
<q-tr v-if="props.expand" :props="props" class="ft-because">
  <td colspan="100%%">
    <ol :aria-label="'Why then: ' + props.row.name">
      <li v-for="reason in props.row.reasons.split('\n')" :key="reason">{{ reason }}</li>
    </ol>
  </td>
</q-tr>
"""


def lead_table(on_select: Handler[TableSelectionEventArguments] | None) -> ui.table:
    """An empty table.

    Args:
        on_select: hears which rows are chosen; None: none can be.
    """
    columns: list[dict[str, Any]] = [{"name": name, "label": label, "field": name} for name, label in _COLUMNS.items()]
    table = ui.table(rows=[], columns=columns, row_key="id", selection="multiple" if on_select else None)
    if on_select is not None:
        table.on_select(on_select)
    chooses = {"chooses": "true" if on_select else "false"}
    table.add_slot("header", _HEADER % chooses)
    table.add_slot("body", _BODY % chooses)
    return table.props("flat hide-bottom").classes("ft-leads")
