// What the console does in the browser without asking the server.
window.followthrough = {
  toggleTheme() {
    const dark = !Quasar.Dark.isActive;
    Quasar.Dark.set(dark);
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `followthrough_theme=${dark ? "dark" : "light"}; path=/; max-age=31536000; samesite=lax${secure}`;
  },
};
