// How times are said while they go by; the same words as the server's.
window.followthrough = window.followthrough ?? {};
window.followthrough.clocks = {
  span(milliseconds) {
    const seconds = Math.floor(Math.abs(milliseconds) / 1000);
    const [minutes, hours, days] = [Math.floor(seconds / 60) % 60, Math.floor(seconds / 3600) % 24, Math.floor(seconds / 86400)];
    if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
    if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
    return minutes ? `${minutes} min` : `${seconds} s`;
  },
  // A stopwatch below an hour: 12:04.
  countdown(at, now) {
    const left = at - now;
    if (left < 0) return `${this.span(left)} late`;
    if (left >= 3600000) return `${this.span(left)} left`;
    const seconds = Math.floor(left / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
  },
  due(at, now) {
    return at < now ? `${this.span(at - now)} late` : `in ${this.span(at - now)}`;
  },
  left(at, now) {
    return at < now ? "" : this.countdown(at, now);
  },
  clock(_, now, zone) {
    return new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: zone }).format(now);
  },
  hour(_, now, zone) {
    return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(now);
  },
  opens(at, _, zone) {
    return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(at);
  },
};

// Times in what the server wrote that keep going: <time data-ticking="countdown" data-at="…" data-now="…">.
(() => {
  const skews = new WeakMap();

  function show(time) {
    if (!skews.has(time)) skews.set(time, Number(time.dataset.now) - Date.now());
    const { ticking, at, zone } = time.dataset;
    const here = Date.now() + skews.get(time);
    const words = followthrough.clocks[ticking](Number(at), here, zone);
    if (time.textContent !== words) time.textContent = words;
    time.dateTime = new Date(ticking === "clock" ? here : Number(at)).toISOString();
    time.classList.toggle("ft-bad-text", ticking !== "clock" && Number(at) < here);
  }

  const showAll = () => document.querySelectorAll("time[data-ticking]").forEach(show);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) {
        if (node.matches("time[data-ticking]")) show(node);
        else node.querySelectorAll("time[data-ticking]").forEach(show);
      }
  }).observe(document.documentElement, { childList: true, subtree: true });
  setInterval(showAll, 1000);
  showAll();
})();
