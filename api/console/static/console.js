// What the console does in the browser without asking the server.
window.followthrough = {
  // Browsers lend the clipboard to pages that came by https, or from this machine.
  copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  },
  // What was asked for stands below on a narrow screen.
  reveal(id) {
    const shown = document.getElementById(id);
    if (shown && matchMedia("(max-width: 900px)").matches) shown.scrollIntoView({ block: "start" });
  },
  // What whoever hears the page is told of a choice: Quasar hands it on to other fields only.
  describe(id, attributes) {
    const control = document.getElementById(id)?.querySelector("[role=combobox]");
    for (const [name, value] of Object.entries(control ? attributes : {})) {
      if (value === null) control.removeAttribute(name);
      else control.setAttribute(name, value);
    }
  },
  toggleTheme() {
    const dark = !Quasar.Dark.isActive;
    Quasar.Dark.set(dark);
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `followthrough_theme=${dark ? "dark" : "light"}; path=/; max-age=31536000; samesite=lax${secure}`;
  },
};

// Whoever was signed out elsewhere is led to the sign-in, also by a page whose connection is refused for that; once, so
// that whoever stays for the sake of an unsaved text is not asked again and again.
const leading = setInterval(async () => {
  const popup = document.getElementById("popup");
  if (!popup || popup.getAttribute("aria-hidden") !== "false") return;
  const headers = { Accept: "text/html" };
  const answer = await fetch(location.href, { method: "HEAD", headers, redirect: "manual" }).catch(() => null);
  if (!answer || answer.type !== "opaqueredirect") return;
  clearInterval(leading);
  location.reload();
}, 3000);
