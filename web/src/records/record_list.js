/**
 * Records of a goal, a page at a time: those that count and what each adds, or those that
 * nearly count and the one test each fails. Each leads to its own explanation.
 *
 * @typedef {{record: string, owner: {type: "user" | "team", id: string} | null, state: string | null, status: string | null,
 *   attributes: Record<string, unknown>, adds: Record<string, string>, would_add: Record<string, string>,
 *   fails: {field: string, says: string} | null}} Item
 * @typedef {{items: Item[], withheld: {records: number, adds: Record<string, string>},
 *   all: {records: number, adds: Record<string, string>}, note: string | null, as_of: string, next: string | null}} Page
 */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { MEASURES } from "../goal/rule.js";
import { read } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { shownMoment } from "../words/moments.js";
import { exact, shown } from "../words/numbers.js";

const PAGE = 25;
const TYPING_MS = 300;
// What records are called by where they come from.
const NAMES = ["name", "title", "subject", "topic"];
const SORTS = [
  ["-amount", "largest first"],
  ["amount", "smallest first"],
  ["-date", "newest first"],
  ["date", "oldest first"],
  ["record", "by id"],
];

export class RecordList extends LightElement {
  /** @override */
  static properties = {
    goal: { attribute: false },
    directory: { attribute: false },
    metric: { attribute: false },
    nearly: { type: Boolean },
    field: { type: String },
    heading: { type: String },
    revision: { type: Number },
  };
  /** @type {Page | null} */
  #page = null;
  /** @type {Item[]} */
  #items = [];
  /** @type {Error | null} */
  #fault = null;
  #isReading = false;
  #search = "";
  #sort = "-amount";
  #asked = "";
  /** The goal's revision when this was read. */
  #revision = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  constructor() {
    super();
    /** @type {{id: string, unit: string} | null} */
    this.goal = null;
    /** @type {import("../live/directory.js").Directory | null} */
    this.directory = null;
    /** @type {import("../goal/rule.js").Metric | null} */
    this.metric = null;
    this.nearly = false;
    this.field = "";
    this.heading = "";
    this.revision = 0;
  }

  /** @override */
  get isReady() {
    return this.goal !== null;
  }

  /** @override */
  updated() {
    if (this.#question() !== this.#asked) this.#read(null);
  }

  #question() {
    const asked = new URLSearchParams({ limit: String(PAGE), sort: this.#sort });
    if (this.nearly) asked.set("nearly", "true");
    if (this.field) asked.set("field", this.field);
    if (this.#search) asked.set("search", this.#search);
    return `/v1/goals/${encodeURIComponent(this.goal?.id ?? "")}/records?${asked}`;
  }

  /** @param {string | null} after */
  async #read(after) {
    const question = this.#question();
    this.#asked = question;
    this.#isReading = true;
    if (after === null) this.#revision = this.revision;
    this.requestUpdate();
    try {
      const page = await read(after === null ? question : `${question}&after=${encodeURIComponent(after)}`);
      // Somebody may have typed on meanwhile.
      if (question !== this.#asked) return;
      this.#page = page;
      this.#items = after === null ? page.items : [...this.#items, ...page.items];
      this.#fault = null;
    } catch (fault) {
      if (question !== this.#asked) return;
      this.#fault = /** @type {Error} */ (fault);
    }
    this.#isReading = false;
    this.requestUpdate();
  }

  /** @override */
  render() {
    return html`<section class="records" aria-label=${this.heading}>
      <div class="list-head">
        <h2>${this.heading}</h2>
        ${this.#tools()}
      </div>
      ${this.#fault ? html`<p class="refused" role="alert">${this.#fault.message}</p>` : nothing}
      ${this.#page ? this.#list(this.#page) : html`<p class="quiet" aria-busy="true">Reading the records …</p>`}
    </section>`;
  }

  #tools() {
    const measures = Object.keys(MEASURES).filter((slot) => this.metric?.rollup_fields[slot]);
    return html`<div class="tools" role="group" aria-label=${`${this.heading}: what is listed`}>
      <input type="search" placeholder="Search ids and attributes" aria-label=${`Search in: ${this.heading}`} maxlength="200" .value=${this.#search} @input=${this.#typed}>
      ${measures.length > 1
        ? html`<select aria-label=${`Measure of: ${this.heading}`} @change=${this.#chose}>
            <option value="" ?selected=${!this.field}>all measures</option>
            ${measures.map((slot) => html`<option value=${slot} ?selected=${this.field === slot}>${MEASURES[slot].toLowerCase()}</option>`)}
          </select>`
        : nothing}
      <select aria-label=${`Order of: ${this.heading}`} @change=${this.#sorted}>
        ${SORTS.map(([value, words]) => html`<option value=${value} ?selected=${this.#sort === value}>${words}</option>`)}
      </select>
    </div>`;
  }

  /** @param {Event} event */
  #typed(event) {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      this.#search = value;
      this.requestUpdate();
    }, TYPING_MS);
  }

  /** @param {Event} event */
  #chose(event) {
    this.field = /** @type {HTMLSelectElement} */ (event.target).value;
    this.dispatchEvent(new CustomEvent("field", { detail: this.field }));
  }

  /** @param {Event} event */
  #sorted(event) {
    this.#sort = /** @type {HTMLSelectElement} */ (event.target).value;
    this.requestUpdate();
  }

  /** @param {Page} page */
  #list(page) {
    const slots = this.#slots(page);
    if (!this.#items.length) return html`${page.note ? nothing : this.#none()}${this.#withheld(page)}${this.#foot(page)}`;
    return html`<div class="scrolled" tabindex="0" role="region" aria-label=${`${this.heading}, as a table`}><table class="plain">
        <thead><tr>
          <th scope="col">Record</th><th scope="col" class="wide">Owner</th><th scope="col" class="wide">State</th>
          ${slots.map((slot) => html`<th scope="col" class="number">${this.nearly ? "Would add" : "Adds"}${slots.length > 1 ? ` to ${MEASURES[slot].toLowerCase()}` : ""}</th>`)}
          ${this.nearly ? html`<th scope="col">The one test it fails</th>` : nothing}
        </tr></thead>
        <tbody>${repeat(this.#items, (item) => `${item.record} ${item.fails?.field}`, (item) => this.#row(item, slots))}</tbody>
      </table></div>
      ${this.#withheld(page)}${this.#foot(page)}`;
  }

  /** @param {Page} page */
  #slots(page) {
    const named = Object.keys(MEASURES).filter((slot) => slot in page.all.adds || this.#items.some((item) => slot in item.adds));
    return this.field ? [this.field] : named.length ? named : ["actual"];
  }

  /**
   * @param {Item} item
   * @param {string[]} slots
   */
  #row(item, slots) {
    const amounts = this.nearly ? item.would_add : item.adds;
    const name = NAMES.map((one) => item.attributes[one]).find((one) => typeof one === "string");
    const owner = item.owner ? (this.directory?.nameOf(item.owner) ?? item.owner.id) : "—";
    const state = [item.state, item.status && item.status !== item.state ? item.status : null].filter(Boolean).join(", ");
    return html`<tr>
      <th scope="row" class="title"><a href=${explanationOf(this.goal?.id ?? "", item.record)}>${name ?? item.record}</a>${name ? html` <span class="quiet">${item.record}</span>` : nothing}</th>
      <td class="wide">${owner}</td><td class="wide">${state || "—"}</td>
      ${slots.map((slot) => html`<td class="number" title=${slot in amounts ? exact(amounts[slot], this.goal?.unit) : ""}>${slot in amounts ? shown(amounts[slot]) : ""}</td>`)}
      ${this.nearly ? html`<td class="why">${item.fails?.says ?? ""}</td>` : nothing}
    </tr>`;
  }

  #none() {
    if (this.#search) return html`<p class="quiet">No record matches “${this.#search}”.</p>`;
    return this.nearly
      ? html`<p class="quiet">No record fails one test only.</p>`
      : html`<p class="quiet">No record of its own counts here. A goal that takes only its children’s values has none; look at the children.</p>`;
  }

  /** @param {Page} page */
  #withheld(page) {
    const { records, adds } = page.withheld;
    if (!records) return nothing;
    const sums = Object.entries(adds).map(([slot, amount]) => `${exact(amount, this.goal?.unit)} to ${MEASURES[slot].toLowerCase()}`);
    const what = sums.length ? `; ${this.nearly ? "they would add" : "they add"} ${sums.join(", ")}` : "";
    return html`<p class="withheld">${records} ${records === 1 ? "record is" : "records are"} withheld: you may not read ${records === 1 ? "it" : "them"}${what}.</p>`;
  }

  /** @param {Page} page */
  #foot(page) {
    const { records, adds } = page.all;
    const sums = Object.entries(adds).filter(([slot]) => !this.field || slot === this.field).map(([slot, amount]) => `${exact(amount, this.goal?.unit)} ${MEASURES[slot].toLowerCase()}`);
    return html`<p class="list-foot">
      <span>${this.#items.length.toLocaleString()} of ${records.toLocaleString()}${sums.length ? html` · in all ${sums.join(", ")}` : nothing}</span>
      ${page.next ? html`<button type="button" ?disabled=${this.#isReading} @click=${() => this.#read(page.next)}>Show more</button>` : nothing}
      ${this.revision === this.#revision ? nothing : html`<button type="button" ?disabled=${this.#isReading} @click=${() => this.#read(null)}>The goal has moved: read again</button>`}
      <span class="as-of">as of ${shownMoment(page.as_of)}</span>
      ${page.note ? html`<span class="note">${page.note}</span>` : nothing}
    </p>`;
  }
}

/**
 * Return where it is told why a record counts for a goal or does not.
 *
 * @param {string} goalId
 * @param {string} record
 */
export function explanationOf(goalId, record) {
  return `/goals/${encodeURIComponent(goalId)}/explain?record=${encodeURIComponent(record)}`;
}

customElements.define("record-list", RecordList);
