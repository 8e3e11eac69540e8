// One key for each button that names one: data-key="1" on a button presses it, on a field it puts the cursor there.
// Nothing happens while somebody types in a field, except for Ctrl and Enter, and Escape, which leaves the field.
(() => {
  const TOO_SOON = 300;
  const GIVEN_UP = 3000;
  let last = { key: "", at: 0 };
  let drawn = 0;

  // When the desk last got another lead: a key that was meant for the one before must not hit this one.
  function watchDesk() {
    const desk = document.getElementById("lead");
    if (!desk) return setTimeout(watchDesk, 200);
    new MutationObserver(() => {
      drawn = performance.now();
      // Whoever had scrolled down for the lead before sees the next one from its name on.
      const above = desk.getBoundingClientRect().top - (document.querySelector("header")?.offsetHeight ?? 0);
      if (above < 0) window.scrollBy(0, above - 8);
    }).observe(desk, { childList: true });
  }
  watchDesk();

  // From a press until the server has drawn what follows from it. What is pressed meanwhile is meant for that: it waits
  // where the press only asks something, and is forgotten where it said how a lead's task ended.
  let waiting = null;

  function waitFor(box, asks) {
    const wait = { keys: [], asks };
    const over = () => {
      observer.disconnect();
      clearTimeout(timer);
      if (waiting !== wait) return;
      waiting = null;
      for (const key of wait.keys) {
        const element = named(key, scope());
        if (element) press(element);
      }
    };
    const observer = new MutationObserver((changes) => {
      if (!box.isConnected || changes.some((one) => box.contains(one.target))) over();
    });
    observer.observe(document.body, { childList: true, subtree: true });
    const timer = setTimeout(() => {
      wait.keys.length = 0;
      over();
    }, GIVEN_UP);
    waiting = wait;
  }

  const isField = (element) =>
    element.isContentEditable ||
    element.tagName === "TEXTAREA" ||
    element.tagName === "SELECT" ||
    (element.tagName === "INPUT" && !["button", "checkbox", "radio", "submit"].includes(element.type));

  const isThere = (element) =>
    element.getClientRects().length > 0 && !element.disabled && element.getAttribute("aria-disabled") !== "true";

  function named(key, within) {
    const found = [...within.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
    return found.find(isThere);
  }

  function scope() {
    const dialogs = [...document.querySelectorAll(".q-dialog__inner")].filter((one) => one.getClientRects().length);
    return dialogs.pop() ?? document;
  }

  function press(element) {
    const field = isField(element) ? element : element.querySelector("input, textarea, select");
    if (field) field.focus();
    else element.click();
  }

  window.followthrough = window.followthrough ?? {};
  window.followthrough.beginToWrite = (element, at) => {
    const field = isField(element) ? element : element.querySelector("textarea");
    field.focus({ preventScroll: true });
    field.setSelectionRange(at, at);
    element.scrollIntoView({ block: "center" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    const ctrl = event.ctrlKey || event.metaKey;
    const key = (ctrl ? "ctrl+" : "") + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
    const typing = isField(target);
    if (typing && !ctrl && key !== "Escape") return;
    if (!typing && ["Enter", " "].includes(key) && target.closest("button, a, [role=button], summary")) return;
    if (waiting && !typing) {
      if (waiting.asks && !event.repeat && key !== last.key) waiting.keys.push(key);
      event.preventDefault();
      return;
    }
    if (typing && key === "Escape" && (target.value || !target.closest(".ft-place"))) {
      event.preventDefault();
      target.blur();
      return;
    }
    const near = typing && target.closest("[data-keys]");
    const element = (near && named(key, near)) || named(key, scope());
    if (!element) return;
    event.preventDefault();
    // Whoever presses twice by mistake must not answer for the next lead, too.
    const moves = element.hasAttribute("data-repeats");
    const again = key === last.key && event.timeStamp - Math.max(last.at, drawn) < TOO_SOON;
    last = { key, at: event.timeStamp };
    if (!moves && (event.repeat || again)) return;
    const box = element.closest("[data-keys] .ft-place")?.closest("[data-keys]");
    press(element);
    if (near) target.blur(); // It is written: the next key is an outcome again.
    if (box && !element.hasAttribute("data-stays")) waitFor(box, element.hasAttribute("data-asks"));
  });
})();
