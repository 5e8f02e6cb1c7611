/**
 * The records that could not be understood: why, what they were, and sending them again.
 *
 * @typedef {import("./messages.js").Rejected} Rejected
 */

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";

import { LightElement } from "../parts/light.js";
import { shownTime } from "../words/numbers.js";
import { filterOfAddress, placeOf, putIntoAddress, readPage, replay } from "./rejected_source.js";
import { counted, state, time } from "./words.js";

const TYPING_MS = 300;
const COLUMNS = 6;

export class RejectedRecords extends LightElement {
  /** @override */
  static properties = { end: { type: Number } };

  #filter = filterOfAddress();
  /** @type {Rejected[]} */
  #records = [];
  /** @type {string | null} Where the next page begins. */
  #next = null;
  /** Up to where records were there when they were listed. */
  /** @type {number | null} */
  #listedEnd = null;
  #isKnown = false;
  #isBusy = false;
  /** @type {Set<string>} */
  #chosen = new Set();
  /** @type {Set<string>} */
  #unfolded = new Set();
  /** When records were sent again from here. @type {Map<string, number>} */
  #sent = new Map();
  /** What was done last, or could not be. @type {{tone: "good" | "bad", words: string} | null} */
  #word = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;
  #turn = 0;

  constructor() {
    super();
    /** @type {number | null} Up to where there are records; null: Kafka does not say. */
    this.end = null;
  }

  /** @override @param {import("lit").PropertyValues} changed */
  willUpdate(changed) {
    super.willUpdate(changed);
    if (!changed.has("end") || this.end === this.#listedEnd) return;
    // What somebody works at stays; he is told that there are others.
    if (!this.#isKnown || (!this.#chosen.size && !this.#isBusy)) this.#list();
  }

  async #list(after = "") {
    const turn = ++this.#turn;
    const end = this.end;
    try {
      const page = await readPage(this.#filter, after);
      if (turn !== this.#turn) return;
      this.#records = after ? [...this.#records, ...page.items] : page.items;
      this.#next = page.next;
      this.#isKnown = true;
      if (!after) this.#listedEnd = end;
      if (this.#word?.tone === "bad") this.#word = null;
    } catch (fault) {
      if (turn !== this.#turn) return;
      this.#word = { tone: "bad", words: /** @type {Error} */ (fault).message };
    }
    this.requestUpdate();
  }

  /** @override */
  render() {
    const { error, q } = this.#filter;
    return html`<section aria-labelledby="rejected">
      <div class="section-head">
        <h2 id="rejected">Rejected records</h2>
        <p class="quiet">newest first; Kafka keeps them, also those that were sent again</p>
        <div class="tools" role="group" aria-label="Rejected records">
          <label>Reason <input type="search" name="error" list="reasons" maxlength="100" autocomplete="off" .value=${error} @input=${this.#typed}></label>
          <datalist id="reasons">${[...new Set(this.#records.map((one) => one.error))].map((one) => html`<option value=${one}></option>`)}</datalist>
          <label>Key <input type="search" name="q" maxlength="200" autocomplete="off" .value=${q} @input=${this.#typed}></label>
          <button type="button" class="main" ?disabled=${!this.#chosen.size || this.#isBusy} @click=${this.#confirm}>
            ${this.#chosen.size ? `Send ${counted(this.#chosen.size, "record")} again …` : "Send again …"}
          </button>
        </div>
      </div>
      <p class="word" role="status">${this.#word ? state(this.#word.tone, this.#word.tone === "good" ? "✓" : "▼", this.#word.words) : nothing}</p>
      ${this.#listed()} ${this.#dialog()}
    </section>`;
  }

  #listed() {
    if (!this.#isKnown) return html`<p class="nothing">${this.#word ? nothing : "Reading the rejected records …"}</p>`;
    const isFiltered = this.#filter.error || this.#filter.q;
    if (!this.#records.length && !this.#next) {
      const words = isFiltered ? "No rejected record has this reason and this key." : "No record was rejected.";
      return html`<p class="nothing">${state(isFiltered ? "quiet" : "good", isFiltered ? "○" : "✓", words)}</p>`;
    }
    const isAll = this.#records.length > 0 && this.#records.every((one) => this.#chosen.has(placeOf(one)));
    return html`<table class="plain">
        <thead><tr>
          <th scope="col" class="box"><input type="checkbox" aria-label="All that are shown" .checked=${live(isAll)} @change=${this.#chooseAll}></th>
          <th scope="col">Rejected</th><th scope="col">Reason</th><th scope="col">Key</th><th scope="col" class="minor">Came by</th><th scope="col"><span class="unseen">Value</span></th>
        </tr></thead>
        <tbody>${repeat(this.#records, placeOf, (one) => this.#row(one))}</tbody>
      </table>
      <p class="list-foot">
        ${this.#listedEnd !== this.end && this.end !== null ? html`<button type="button" @click=${() => this.#list()}>Show those that came since</button>` : nothing}
        ${this.#next ? html`<button type="button" @click=${() => this.#list(this.#next ?? "")}>${isFiltered ? "Look further back" : "Show older ones"}</button>` : nothing}
        <span class="quiet">${counted(this.#records.length, "record")} shown</span>
      </p>`;
  }

  /** @param {Rejected} one */
  #row(one) {
    const place = placeOf(one);
    const isUnfolded = this.#unfolded.has(place);
    const sent = this.#sent.get(place);
    return html`<tr data-place=${place}>
        <td class="box"><input type="checkbox" aria-label="${one.key || "without a key"}, ${one.original}" .checked=${live(this.#chosen.has(place))} @change=${() => this.#toggle(this.#chosen, place)}></td>
        <td>${time(one.at)}${sent ? html`<br><span class="quiet">sent again ${shownTime(sent)}</span>` : nothing}</td>
        <td class="why"><code>${one.error}</code><br><span class="quiet">${one.detail}</span></td>
        <th scope="row" class="why">${one.key || "—"}</th>
        <td class="why minor quiet">${one.original}</td>
        <td class="number"><button type="button" aria-expanded=${isUnfolded} aria-label="Value of ${one.key || one.original}" @click=${() => this.#toggle(this.#unfolded, place)}><span aria-hidden="true">${isUnfolded ? "▾" : "▸"}</span> Value</button></td>
      </tr>
      ${isUnfolded ? valueRow(one) : nothing}`;
  }

  #dialog() {
    return html`<dialog aria-labelledby="replay-title">
      <h2 id="replay-title">Send ${counted(this.#chosen.size, "record")} again?</h2>
      <p>They go back on <code>activity-records</code>, byte for byte, oldest first. What still cannot be understood is
        rejected again, in a place of its own; what was counted meanwhile changes nothing. The audit trail has a line of it.</p>
      <div class="buttons">
        <button type="button" @click=${this.#close}>Cancel</button>
        <button type="button" class="main" @click=${this.#send}>Send again</button>
      </div>
    </dialog>`;
  }

  #confirm() {
    this.querySelector("dialog")?.showModal();
  }

  #close() {
    this.querySelector("dialog")?.close();
  }

  async #send() {
    this.#close();
    const records = this.#records.filter((one) => this.#chosen.has(placeOf(one)));
    this.#isBusy = true;
    this.#word = null;
    this.requestUpdate();
    try {
      const sent = await replay(records);
      const now = Date.now();
      for (const one of records) this.#sent.set(placeOf(one), now);
      this.#chosen.clear();
      this.#word = { tone: "good", words: `${counted(sent, "record")} sent again at ${shownTime(now)}; Kafka has ${sent === 1 ? "it" : "all of them"}` };
    } catch (fault) {
      this.#word = { tone: "bad", words: /** @type {Error} */ (fault).message };
    }
    this.#isBusy = false;
    this.requestUpdate();
    this.dispatchEvent(new CustomEvent("replayed"));
  }

  /** @param {Set<string>} set @param {string} place */
  #toggle(set, place) {
    if (!set.delete(place)) set.add(place);
    this.requestUpdate();
  }

  /** @param {Event} event */
  #chooseAll({ target }) {
    const isWanted = /** @type {HTMLInputElement} */ (target).checked;
    this.#chosen = new Set(isWanted ? this.#records.map(placeOf) : []);
    this.requestUpdate();
  }

  /** @param {Event} event */
  #typed({ target }) {
    const { name, value } = /** @type {HTMLInputElement} */ (target);
    this.#filter = { ...this.#filter, [name]: value.trim() };
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      putIntoAddress(this.#filter);
      this.#chosen.clear();
      this.#list();
    }, TYPING_MS);
  }
}

/** @param {Rejected} one */
function valueRow(one) {
  const words = one.value === null ? "It had no value." : one.value === "" ? "Its value was empty." : null;
  const value = html`<pre tabindex="0" aria-label="Value of ${one.key || one.original}"><code>${one.value}</code></pre>`;
  const more = one.is_cut ? html`<p class="quiet">There is more of it; the whole: <code>cairn rejected list --json</code></p>` : nothing;
  return html`<tr class="value"><td colspan=${COLUMNS}>${words ?? value}${more}</td></tr>`;
}

customElements.define("rejected-records", RejectedRecords);
