/** A first goal in three steps: what is measured, whose it is, and the goal itself. */

import { html } from "lit";

import { USERS } from "./directory.js";
import { freshGoal, GOALS } from "./goals.js";
import { METRICS } from "./metrics.js";

/** @typedef {import("./kind.js").Kind} Kind */
/** @typedef {import("./world.js").World} World */

/** @type {Kind[]} */
export const STEPS = [
  {
    ...METRICS,
    explain: "First: which records count, and what of them. This one adds up won opportunities; change it to what your records are called.",
    fresh: () => ({
      ...METRICS.fresh(/** @type {any} */ (null)),
      name: "Revenue",
      id: "revenue",
      rollup_fields: {
        actual: { source_entity: "opportunity", source_attribute: "actualvalue", source_state: "won", source_status: null, date_attribute: "actualclosedate", state_from: null, date_from: null },
        in_progress: null,
        custom: null,
      },
    }),
  },
  {
    ...USERS,
    explain: "Second: whose target it is. Records name their owner by this id.",
  },
  {
    ...GOALS,
    needs: [...GOALS.needs],
    explain: "Third: how much, and until when. The goal is in the tree as soon as it is made.",
    fresh: (world) => {
      const owner = [...world.list("users").keys()].at(-1) ?? null;
      const calendar = new Date().getFullYear();
      return {
        ...freshGoal(world),
        title: "Our first goal",
        metric_id: [...world.list("metrics").keys()].at(-1) ?? null,
        owner: owner && { type: "user", id: owner },
        manager_id: owner,
        period: { kind: "custom", start: `${calendar}-01-01`, end: `${calendar}-12-31` },
        target: "100000",
      };
    },
  },
];

const WORDS = ["Metric", "Owner", "Goal"];

/** Return the first step of which there is nothing yet. @param {World} world */
export function firstMissing(world) {
  if (!world.list("metrics").size) return 0;
  return world.list("users").size ? 2 : 1;
}

/** Draw where one stands; a step that is not needed may be left out. @param {number} step @param {(step: number) => void} go */
export function stepsBar(step, go) {
  return html`<ol class="steps" aria-label="Steps to a first goal">${WORDS.map((word, index) => html`<li>
    <button type="button" aria-current=${index === step ? "step" : "false"} @click=${() => go(index)}><span class="place">${index + 1}</span> ${word}</button></li>`)}</ol>`;
}
