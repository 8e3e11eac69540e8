// A time that keeps going: what is left until an instant, or what a clock elsewhere shows.
export default {
  props: { at: Number, now: Number, mode: String, zone: String },
  template: `<time :datetime="iso" :class="tone">{{ text }}</time>`,
  data: () => ({ tick: Date.now(), skew: 0 }),
  created() {
    this.skew = this.now - Date.now();
  },
  mounted() {
    this.timer = setInterval(() => (this.tick = Date.now()), 1000);
  },
  unmounted() {
    clearInterval(this.timer);
  },
  computed: {
    here() {
      return this.tick + this.skew;
    },
    iso() {
      return new Date(this.mode === "clock" ? this.here : this.at).toISOString();
    },
    text() {
      return followthrough.clocks[this.mode](this.at, this.here, this.zone);
    },
    tone() {
      return this.mode !== "clock" && this.at < this.here ? "ft-bad-text" : "";
    },
  },
};
