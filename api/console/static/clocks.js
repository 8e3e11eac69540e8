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
