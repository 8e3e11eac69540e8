// The queue at the left: what to do next, most urgent first. On a narrow screen it is folded away behind its heading.
export default {
  props: { groups: Array, current: String, now: Number, zone: String, total: Number },
  emits: ["pick"],
  template: `
    <nav v-show="groups.length" class="ft-queue" :class="{ 'ft-open': open }" aria-label="Queue">
      <button class="ft-queue-fold" type="button" :aria-expanded="String(open)" data-key="q" aria-keyshortcuts="q" @click="open = !open">
        <span>{{ total }} to do</span><span aria-hidden="true">{{ open ? "▴" : "▾" }}</span>
      </button>
      <div class="ft-queue-groups">
        <section v-for="group in groups" :key="group.name" :aria-label="group.name">
          <h2>{{ group.name }} <span class="ft-quiet">{{ group.rows.length }}</span></h2>
          <ul>
            <li v-for="row in group.rows" :key="row.id">
              <button type="button" class="ft-queue-row" :class="row.tone" :aria-current="row.id === current ? 'true' : null"
                      @click="pick(row.id)">
                <span class="ft-queue-who">{{ row.who }}</span>
                <time class="ft-queue-when" :class="tone(row)">{{ when(row) }}</time>
                <span class="ft-queue-what">{{ row.what }}</span>
                <span class="ft-queue-there"><i :class="'ft-may ' + row.may" aria-hidden="true"></i>{{ there(row) }}
                  <span class="ft-hidden">{{ row.may_words }}</span></span>
                <span v-if="row.note" class="ft-queue-note">{{ row.note }}</span>
              </button>
            </li>
          </ul>
        </section>
      </div>
    </nav>`,
  data: () => ({ tick: Date.now(), skew: 0, open: false }),
  created() {
    this.skew = this.now - Date.now();
  },
  watch: {
    now(value) {
      this.skew = value - Date.now();
    },
  },
  mounted() {
    this.timer = setInterval(() => (this.tick = Date.now()), 1000);
  },
  unmounted() {
    clearInterval(this.timer);
  },
  methods: {
    pick(id) {
      this.open = false;
      this.$emit("pick", id);
    },
    here() {
      return this.tick + this.skew;
    },
    when(row) {
      return followthrough.clocks[row.mode](row.at, this.here(), this.zone);
    },
    there(row) {
      return followthrough.clocks.hour(0, this.here(), row.zone);
    },
    tone(row) {
      return row.mode !== "opens" && row.at < this.here() ? "ft-bad-text" : "";
    },
  },
};
