/**
 * What the goal showed, day by day or hour by hour, the newest first, with each change.
 */

import { html, nothing } from "lit";

import { read } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { difference, isZero } from "../words/decimals.js";
import { shownMoment } from "../words/moments.js";
import { exact, shown, shownPercentage } from "../words/numbers.js";
import { MEASURES } from "./rule.js";

const DAY_MS = 86_400_000;
/** @type {Record<string, {words: string, days: number | null}>} */
const RESOLUTIONS = {
  day: { words: "by day", days: null },
  hour: { words: "by hour, of 30 days", days: 30 },
  second: { words: "by second, of a day", days: 1 },
};
const ROWS_MAX = 1000;

export class HistoryList extends LightElement {
  /** @override */
  static properties = { goal: { attribute: false }, unit: { type: String } };
  /** @type {any[] | null} */
  #items = null;
  /** @type {Error | null} */
  #fault = null;
  #resolution = "day";
  #isCut = false;

  constructor() {
    super();
    /** @type {string} */
    this.goal = "";
    this.unit = "";
  }

  /** @override */
  firstUpdated() {
    this.#read();
  }

  async #read() {
    const { days } = RESOLUTIONS[this.#resolution];
    const asked = new URLSearchParams({ resolution: this.#resolution, limit: String(ROWS_MAX) });
    if (days) asked.set("from", new Date(Date.now() - days * DAY_MS).toISOString().replace(/\.\d+/, ""));
    try {
      const page = await read(`/v1/goals/${encodeURIComponent(this.goal)}/history?${asked}`);
      this.#items = page.items;
      this.#isCut = page.next !== null;
      this.#fault = null;
    } catch (fault) {
      this.#fault = /** @type {Error} */ (fault);
    }
    this.requestUpdate();
  }

  /** @param {Event} event */
  #chose(event) {
    this.#resolution = /** @type {HTMLSelectElement} */ (event.target).value;
    this.#read();
  }

  /** @override */
  render() {
    return html`<div class="list-head"><h2>What it showed</h2><div class="tools" role="group" aria-label="How closely">
        <select aria-label="How closely" @change=${this.#chose}>
          ${Object.entries(RESOLUTIONS).map(([value, { words }]) => html`<option value=${value} ?selected=${value === this.#resolution}>${words}</option>`)}
        </select>
        <button type="button" @click=${this.#read}>Read again</button>
      </div></div>
      ${this.#fault ? html`<p class="refused" role="alert">${this.#fault.message}</p>` : nothing}
      ${this.#list()}`;
  }

  #list() {
    const items = this.#items;
    if (items === null) return html`<p class="quiet" aria-busy="true">Reading the history …</p>`;
    if (!items.length) return html`<p class="quiet">Nothing is known of that time: a goal’s history begins when it is made.</p>`;
    const slots = Object.keys(MEASURES).filter((slot) => items.some(({ values }) => values[slot] !== null));
    const rows = items.map((item, index) => ({ item, before: items[index - 1] })).reverse();
    return html`<div class="scrolled" tabindex="0" role="region" aria-label="What it showed, as a table"><table class="plain">
        <thead><tr><th scope="col">Since</th>${slots.map((slot) => html`<th scope="col" class="number">${MEASURES[slot]}</th><th scope="col" class="number">Change</th>`)}<th scope="col" class="number">% of target</th></tr></thead>
        <tbody>${rows.map(
          ({ item, before }) => html`<tr><th scope="row">${shownMoment(item.at)}</th>
            ${slots.map((slot) => html`<td class="number" title=${exact(item.values[slot], this.unit)}>${shown(item.values[slot])}</td>${change(before?.values[slot], item.values[slot], this.unit)}`)}
            <td class="number">${shownPercentage(item.percentage)}</td></tr>`,
        )}</tbody>
      </table></div>
      <p class="list-foot">${this.#isCut ? html`<span class="note">Only the first ${ROWS_MAX.toLocaleString()} are shown; choose a coarser view for all.</span>` : nothing}
        <span class="as-of">percentages are of the target that it has now</span></p>`;
  }
}

/**
 * @param {string | null | undefined} before
 * @param {string | null} after
 * @param {string} unit
 */
function change(before, after, unit) {
  if (before === null || before === undefined || after === null) return html`<td class="number"></td>`;
  const by = difference(after, before);
  if (isZero(by)) return html`<td class="number quiet">0</td>`;
  return html`<td class="number" title=${exact(by, unit)}>${by.startsWith("-") ? "" : "+"}${shown(by)}</td>`;
}

customElements.define("history-list", HistoryList);
