// Buttons that say by which key they are pressed, in groups: one element for all of them.
export default {
  props: { groups: Array },
  emits: ["press"],
  methods: {
    why: (one) => `why-not-${one.key}`,
  },
  template: `
    <div class="ft-stack">
      <div v-for="(group, number) in groups" :key="number" :class="group.label ? 'ft-outcomes' : 'ft-line ft-wrap'"
           :role="group.label ? 'group' : null" :aria-label="group.label">
        <q-btn v-for="one in group.buttons" :key="one.key" no-caps color="primary" :outline="Boolean(group.label)"
               :flat="!group.label" class="ft-key-button" :class="one.tone" :label="one.words" :data-key="one.key"
               :aria-keyshortcuts="one.aria" :data-asks="one.asks ? '' : null" :data-stays="one.stays ? '' : null"
               :disable="Boolean(one.whyNot)" :aria-describedby="one.whyNot ? why(one) : null"
               @click="$emit('press', one.key)">
          <kbd aria-hidden="true">{{ one.shown }}</kbd>
        </q-btn>
        <span v-for="one in group.buttons.filter((one) => one.whyNot)" :key="why(one)" :id="why(one)"
              class="ft-quiet ft-why-not">{{ one.words }}: {{ one.whyNot }}.</span>
      </div>
    </div>`,
};
