// What the editors do in the browser: dress CodeMirror for people who hear it and for the theme, jump to a place, keys
// that work wherever the focus is, and a question before a page is left whose text would be lost.
(() => {
  const LIGHT = "githubLight";
  const DARK = "githubDark";

  // The component is there a moment after the server has asked for it.
  async function editorOf(id) {
    for (let tries = 0; tries < 200; tries++) {
      const component = getElement(id);
      if (component && component.editor) return component;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return null;
  }

  const dressed = new Set();
  const theme = () => (document.body.classList.contains("body--dark") ? DARK : LIGHT);
  new MutationObserver(() => {
    for (const component of dressed) if (component.editor) component.setTheme(theme());
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });

  const saved = new Map();
  let atRisk = false;
  const isUnsaved = () => [...saved].some(([component, text]) => component.editor.state.doc.toString() !== text);
  window.addEventListener("beforeunload", (event) => {
    if (atRisk || isUnsaved()) event.preventDefault();
  });

  Object.assign(window.followthrough, {
    // The server says whether leaving would lose something.
    keep(textAtRisk) {
      atRisk = textAtRisk;
    },
    // There is nothing left that could be lost.
    leave(address) {
      saved.clear();
      atRisk = false;
      location.assign(address);
    },
    // The browser itself sees whether the text is the saved one: a key pressed just now counts, however slow the line is.
    async keepUntilSaved(id, text) {
      const component = await editorOf(id);
      if (component) saved.set(component, text);
    },
    // Where somebody stands in the text, at each other line.
    async tellLine(id) {
      const component = await editorOf(id);
      if (!component) return;
      let told = null;
      const tell = () => {
        const { state } = component.editor;
        const { number } = state.doc.lineAt(state.selection.main.head);
        if (number !== told) emitEvent("editor-line", (told = number));
      };
      for (const name of ["keyup", "pointerup"]) component.editor.contentDOM.addEventListener(name, tell);
    },
    async dressEditor(id, label, help) {
      const component = await editorOf(id);
      if (!component) return;
      const content = component.editor.contentDOM;
      content.setAttribute("aria-label", label);
      content.setAttribute("tabindex", "0");
      content.setAttribute("aria-describedby", help);
      component.setTheme(theme());
      dressed.add(component);
    },
    // Only where the text is what was checked: else somebody is typing, and the next check is on its way.
    async markProblems(id, length, decorations, tooltips) {
      const component = await editorOf(id);
      if (!component || component.editor.state.doc.length !== length) return;
      component.setDecorations(decorations);
      component.setLineTooltips(tooltips);
    },
    async goToPlace(id, line, column) {
      const component = await editorOf(id);
      if (!component) return;
      const { editor } = component;
      // Its tab may have been opened only now.
      for (let tries = 0; tries < 40 && editor.dom.offsetParent === null; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      const there = editor.state.doc.line(Math.min(line, editor.state.doc.lines));
      const anchor = Math.min(there.from + column - 1, there.to);
      editor.dispatch({ selection: { anchor }, scrollIntoView: true });
      component.revealLine(there.number);
      editor.focus();
    },
  });

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const button = { s: "save-draft", Enter: "publish" }[event.key];
    const found = button && document.querySelector(`[data-key="${button}"]`);
    if (!found || document.querySelector(".q-dialog")) return;
    event.preventDefault();
    event.stopPropagation();
    if (!found.disabled) found.click();
  }, true);
})();
