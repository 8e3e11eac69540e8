// The list of leads by keyboard: / searches, j and k move, x chooses, e explains, Enter opens.
(() => {
  let last = null; // the id of the row that one was at, for when the list was shown anew meanwhile
  let part = null; // what in that row had the focus; null: it is elsewhere by now

  const go = (row) => {
    if (!row) return;
    last = row.dataset.lead;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  };

  // A list that is shown anew has other elements; the focus goes to where it was.
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr.ft-row");
    if (row) last = row.dataset.lead;
    part = row && (["q-checkbox", "ft-why", "ft-lead-link"].find((one) => event.target.closest(`.${one}`)) ?? "ft-row");
  });
  new MutationObserver(() => {
    if (!part || document.activeElement !== document.body) return;
    const row = document.querySelector(`tr.ft-row[data-lead="${last}"]`);
    (part === "ft-row" ? row : row?.querySelector(`.${part}`))?.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });

  document.addEventListener("keydown", (event) => {
    if (!document.querySelector(".ft-leads") || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, textarea, select, [contenteditable], .q-dialog, .q-menu, .ft-lead-filters");
    if (typing) return;
    const rows = [...document.querySelectorAll("tr.ft-row")];
    const elsewhere = event.target.closest("a, button, [role=checkbox]");
    const here = event.target.closest("tr.ft-row") ?? rows.find((row) => row.dataset.lead === last);
    const press = (selector) => {
      here?.querySelector(selector)?.click();
      go(here);
    };
    const act = {
      "/": () => document.querySelector(".ft-search input")?.focus(),
      j: () => go(here ? rows[rows.indexOf(here) + 1] : rows[0]),
      k: () => go(here ? rows[rows.indexOf(here) - 1] : rows.at(-1)),
      x: () => press(".ft-pick .q-checkbox"),
      e: () => press(".ft-why"),
      Enter: elsewhere ? null : () => here?.querySelector("a.ft-lead-link")?.click(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
