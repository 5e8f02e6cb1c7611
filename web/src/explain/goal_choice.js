/**
 * Which goal is meant: a search over the live goals.
 */

import { html, nothing } from "lit";

import { LightElement } from "../parts/light.js";
import { shownPeriod } from "../words/numbers.js";

const FOUND_MAX = 30;

export class GoalChoice extends LightElement {
  #words = "";

  /** @override */
  static properties = { frame: { attribute: false }, record: { type: String } };

  constructor() {
    super();
    /** @type {import("../parts/frame.js").Frame | null} */
    this.frame = null;
    this.record = "";
  }

  /** @override */
  firstUpdated() {
    this.frame?.onPaint(() => this.requestUpdate());
  }

  /** @override */
  render() {
    const { goals } = /** @type {import("../parts/frame.js").Frame} */ (this.frame);
    const words = this.#words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const found = [...goals.all()].filter((goal) => words.every((word) => this.#text(goal).includes(word))).sort((a, b) => (a.title < b.title ? -1 : 1));
    return html`<div class="goal-choice">
      <label for="goal-search">Which goal?</label>
      <input type="search" id="goal-search" placeholder="Title, owner or period" autocomplete="off" aria-describedby="goal-found"
        .value=${this.#words} @input=${this.#typed}>
      <p class="quiet" id="goal-found" role="status">${goals.size === 0 ? "There are no goals that you may see yet." : `${found.length.toLocaleString()} of ${goals.size.toLocaleString()} goals${found.length > FOUND_MAX ? `; the first ${FOUND_MAX} are shown` : ""}`}</p>
      <ul class="found">${found.slice(0, FOUND_MAX).map((goal) => this.#line(goal))}</ul>
    </div>`;
  }

  /** @param {import("../live/messages.js").Goal} goal */
  #line(goal) {
    const asked = this.record ? `?record=${encodeURIComponent(this.record)}` : "";
    const parent = this.frame?.goals.get(goal.parent_id);
    return html`<li><a href=${`/goals/${encodeURIComponent(goal.goal_id)}/explain${asked}`}><b>${goal.title}</b>
      <span class="quiet">${[this.frame?.directory.nameOf(goal.owner), this.frame?.directory.metricName(goal.metric_id), shownPeriod(goal.period)].join(" · ")}${parent ? html` · under ${parent.title}` : nothing}</span></a></li>`;
  }

  /** @param {import("../live/messages.js").Goal} goal */
  #text(goal) {
    return `${goal.title} ${this.frame?.directory.nameOf(goal.owner)} ${shownPeriod(goal.period)} ${goal.goal_id}`.toLocaleLowerCase();
  }

  /** @param {Event} event */
  #typed(event) {
    this.#words = /** @type {HTMLInputElement} */ (event.target).value;
    this.requestUpdate();
  }
}

customElements.define("goal-choice", GoalChoice);
