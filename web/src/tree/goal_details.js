/**
 * What else there is to know of the goal whose row was chosen last.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../parts/frame.js").Frame} Frame
 */

import { html, nothing } from "lit";

import { LightElement } from "../parts/light.js";
import { exact, shownPeriod, shownTime } from "../words/numbers.js";
import { elapsedShare } from "../words/pace.js";
import { goalAddress } from "./row.js";

const CAUSES_SHOWN = 3;

export class GoalDetails extends LightElement {
  /** @type {Frame | null} */
  #frame = null;
  /** @type {string | null} */
  #id = null;

  /** @param {Frame} frame */
  listenTo(frame) {
    this.#frame = frame;
    frame.onPaint(() => this.requestUpdate());
  }

  /** @param {string | null} id */
  choose(id) {
    this.#id = id;
    this.requestUpdate();
  }

  /** @override */
  render() {
    const goal = this.#frame?.goals.get(this.#id);
    if (!goal) return nothing;
    const facts = this.#facts(goal).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
    return html`<section id="details" aria-label="The chosen goal">
      <h2><a href=${goalAddress(goal.goal_id)}>${goal.title}</a></h2>
      <button type="button" @click=${() => this.choose(null)}>Close</button>
      <dl>${facts}</dl>
      <p><a href=${`${goalAddress(goal.goal_id)}/explain`}>Which records count</a></p>
    </section>`;
  }

  /**
   * @param {Goal} goal
   * @returns {string[][]}
   */
  #facts(goal) {
    const { directory } = /** @type {Frame} */ (this.#frame);
    const unit = directory.unitOf(goal.metric_id);
    const facts = [
      ["Metric", directory.metricName(goal.metric_id)],
      ["Owner", directory.nameOf(goal.owner)],
      ["Manager", directory.nameOf({ type: "user", id: goal.manager_id })],
      ["Period", `${shownPeriod(goal.period)} (${goal.period.time_zone})`],
      ["Actual", exact(goal.values.actual, unit)],
    ];
    if (goal.values.in_progress !== null) facts.push(["In progress", exact(goal.values.in_progress, unit)]);
    if (goal.values.custom !== null) facts.push(["Third measure", exact(goal.values.custom, unit)]);
    facts.push(["Target", goal.target === null ? "none" : exact(goal.target, unit)]);
    if (goal.stretch_target !== null) facts.push(["Stretch target", exact(goal.stretch_target, unit)]);
    if (goal.target !== null) facts.push(["Elapsed", `${Math.floor(elapsedShare(goal.period) * 100)} % of the period`]);
    if (goal.rollup.error) facts.push(["Error", goal.rollup.error]);
    facts.push(["Last change", lastChange(goal)]);
    return facts;
  }
}

/** @param {Goal} goal */
function lastChange(goal) {
  const at = shownTime(new Date(goal.updated_at));
  const causes = goal.caused_by.slice(0, CAUSES_SHOWN).join(", ");
  const more = goal.caused_by.length > CAUSES_SHOWN ? " …" : "";
  return causes ? `${at} by ${causes}${more}` : at;
}

customElements.define("goal-details", GoalDetails);
