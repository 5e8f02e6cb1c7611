/**
 * The overview: shall we make it, what moved, and what needs a hand.
 *
 * The address says which goals (`roots`), which of them is told of in full (`goal`), and
 * since when (`since`).
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../live/attainment.js").Row} Row
 * @typedef {import("../parts/frame.js").Frame} Frame
 */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { FreshReport } from "../live/attainment.js";
import { LightElement } from "../parts/light.js";
import { exactChange, shownChange } from "../words/changes.js";
import { difference } from "../words/decimals.js";
import { shownTime } from "../words/numbers.js";
import { needyOf, reachedOf } from "./attention.js";
import { goalCard } from "./goal_card.js";
import { attentionList, reachedList } from "./lists.js";
import { movesPanel, shownInstant, waiting } from "./moves_panel.js";
import { CARDS_MAX, rootsOf, shownOf } from "./roots.js";

/** @type {Record<string, string>} What one may look back to. */
const SPANS = { "1h": "the last hour", "24h": "the last 24 hours", "7d": "the last 7 days" };
const SPAN = "24h";

export class LiveOverview extends LightElement {
  /** @type {Frame | null} */
  #frame = null;
  #report = new FreshReport(this.#query, () => this.requestUpdate());

  /** @param {Frame} frame */
  listenTo(frame) {
    this.#frame = frame;
    this.#report.readNow();
    frame.onPaint(({ ids }) => {
      if (ids.size) this.#report.soon();
      this.requestUpdate();
    });
  }

  /** @override */
  get isReady() {
    return this.#frame?.isKnown ?? false;
  }

  get #address() {
    return new URLSearchParams(location.search);
  }

  get #since() {
    return this.#address.get("since") ?? SPAN;
  }

  get #query() {
    return { since: this.#since };
  }

  get #pinned() {
    const named = this.#address.get("roots");
    return named === null ? null : named.split(",").filter(Boolean);
  }

  /** @override */
  render() {
    const frame = /** @type {Frame} */ (this.#frame);
    if (frame.goals.size === 0) return nothing;
    const shown = shownOf(frame.goals, this.#pinned);
    const chosen = shown.find((goal) => goal.goal_id === this.#address.get("goal")) ?? shown[0];
    return html`${this.#tools(shown)}
      ${this.#fault()}
      <ul class="cards" aria-label="Goals">${repeat(shown, (goal) => goal.goal_id, (goal) => this.#card(goal, goal === chosen, shown.length))}</ul>
      ${shown.length ? nothing : html`<p class="empty">None of the goals that this address names is there, or you may not read them. Choose others above.</p>`}
      <div class="panels">
        <div class="column">
          ${chosen ? this.#moves(chosen) : nothing}
          <section class="panel" aria-labelledby="reached-title">
            <h2 id="reached-title">Reached</h2>
            <p class="about">Targets that were reached ${this.#spanWords}</p>
            ${this.#report.isKnown ? reachedList(reachedOf(this.#report.items)) : waiting}
          </section>
        </div>
        <section class="panel" aria-labelledby="attention-title">
          <h2 id="attention-title">Needs attention</h2>
          <p class="about">Behind today's pace, by what is lacking</p>
          ${this.#report.isKnown ? attentionList(needyOf(this.#report.items), frame.goals) : waiting}
        </section>
      </div>`;
  }

  get #spanWords() {
    const words = SPANS[this.#since];
    return words ? `in ${words}` : `since ${this.#report.since ? shownInstant(this.#report.since) : "then"}`;
  }

  /** @param {Goal[]} shown */
  #tools(shown) {
    return html`<div class="tools" role="group" aria-label="The overview">
      <label>Changes in <select @change=${this.#spanChosen}>
        ${Object.entries(SPANS).map(([span, words]) => html`<option value=${span} ?selected=${span === this.#since}>${words}</option>`)}
        ${this.#since in SPANS ? nothing : html`<option value=${this.#since} selected>${this.#spanWords}</option>`}
      </select></label>
      ${this.#choice(shown)}
      <span class="as-of">${this.#report.asOf ? `worked out at ${shownTime(this.#report.asOf)}` : "being worked out"}</span>
    </div>`;
  }

  /** @param {Goal[]} shown */
  #choice(shown) {
    const { goals } = /** @type {Frame} */ (this.#frame);
    const ids = new Set(shown.map((goal) => goal.goal_id));
    const isFull = ids.size >= CARDS_MAX;
    return html`<details class="choice">
      <summary>Goals shown: ${ids.size}</summary>
      <fieldset>
        <legend>Up to six goals that stand at the top</legend>
        ${rootsOf(goals).map((goal) => html`<label><input type="checkbox" value=${goal.goal_id} .checked=${ids.has(goal.goal_id)}
          ?disabled=${isFull && !ids.has(goal.goal_id)} @change=${this.#rootsChosen}> ${goal.title}</label>`)}
        <button type="button" ?disabled=${this.#pinned === null} @click=${() => this.#go({ roots: null })}>The largest</button>
      </fieldset>
    </details>`;
  }

  #fault() {
    const { fault } = this.#report;
    if (!fault) return nothing;
    return html`<p class="fault" role="alert">Pace, finish and changes could not be read: ${fault.message}
      <button type="button" @click=${() => this.#report.readNow()}>Try again</button></p>`;
  }

  /**
   * @param {Goal} goal
   * @param {boolean} isChosen
   * @param {number} count
   */
  #card(goal, isChosen, count) {
    const row = this.#report.get(goal.goal_id);
    const { directory } = /** @type {Frame} */ (this.#frame);
    return html`<li class="card ${isChosen && count > 1 ? "chosen" : ""}" data-goal=${goal.goal_id}>
      ${goalCard(goal, row, directory, this.#changeButton(goal, row, isChosen))}
    </li>`;
  }

  /**
   * @param {Goal} goal
   * @param {Row | undefined} row
   * @param {boolean} isChosen
   */
  #changeButton(goal, row, isChosen) {
    const change = changeOf(row);
    return html`<button type="button" class="change" aria-pressed=${String(isChosen)} title=${exactChange(change, row?.metric.currency ?? "")}
      @click=${() => this.#go({ goal: goal.goal_id })}>${shownChange(change)} ${this.#spanWords}</button>`;
  }

  /** @param {Goal} goal */
  #moves(goal) {
    return html`<section class="panel moves" aria-labelledby="moves-title">
      <h2 id="moves-title">What moved: ${goal.title}</h2>
      ${movesPanel(this.#report.get(goal.goal_id), this.#report, this.#spanWords)}
    </section>`;
  }

  /** @param {Event} event */
  #spanChosen(event) {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    this.#go({ since: value === SPAN ? null : value });
    this.#report.ask(this.#query);
  }

  #rootsChosen() {
    const chosen = [...this.querySelectorAll(".choice input:checked")].map((one) => /** @type {HTMLInputElement} */ (one).value);
    this.#go({ roots: chosen.join(",") });
  }

  /** @param {Record<string, string | null>} changes */
  #go(changes) {
    const address = this.#address;
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) address.delete(name);
      else address.set(name, value);
    }
    const query = address.toString().replaceAll("%2C", ",");
    history.replaceState(null, "", location.pathname + (query && `?${query}`));
    this.requestUpdate();
  }
}

/** @param {Row | undefined} row */
function changeOf(row) {
  if (!row || row.values.actual === null) return null;
  return difference(row.values.actual, row.earlier?.values.actual ?? "0");
}

customElements.define("live-overview", LiveOverview);
