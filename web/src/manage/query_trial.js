/**
 * What a query finds, tried over the records that are there while one types.
 *
 * @typedef {{matching: number, sum: string | null, sample: any[], withheld: number, took_ms: number, as_of: string}} Found
 */

import { html, nothing } from "lit";

import { RefusedError, write } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { exact, shown, shownTime } from "../words/numbers.js";

const PAUSE_MS = 450;
const ATTRIBUTES_SHOWN = 3;

export class QueryTrial extends LightElement {
  #asked = "";
  /** @type {any} */
  #order = null;
  /** @type {Found | null} */
  #found = null;
  /** @type {string} */
  #fault = "";
  #isAsking = false;
  #unit = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;

  /** @param {{unit?: string, attribute?: string | null}} words */
  set words({ unit = "" }) {
    this.#unit = unit;
  }

  /** What is tried; null: nothing. @param {any} order */
  set order(order) {
    const text = JSON.stringify(order);
    if (text === this.#asked) return;
    this.#asked = text;
    this.#order = order;
    this.#isAsking = order !== null;
    if (order === null) this.#found = null;
    clearTimeout(this.#pause);
    if (order !== null) this.#pause = setTimeout(() => this.#ask(text), PAUSE_MS);
    this.requestUpdate();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#pause);
  }

  /** @param {string} text */
  async #ask(text) {
    let [found, fault] = [/** @type {Found | null} */ (null), /** @type {RefusedError | null} */ (null)];
    try {
      found = await write("POST", "/v1/rollup-queries/preview", this.#order);
    } catch (refused) {
      fault = refused instanceof RefusedError ? refused : new RefusedError(0, { detail: String(refused) });
    }
    // Something else was typed in the meantime.
    if (text !== this.#asked) return;
    [this.#found, this.#fault, this.#isAsking] = [found, fault?.message ?? "", false];
    this.dispatchEvent(new CustomEvent("tried", { detail: fault }));
    this.requestUpdate();
  }

  /** @override */
  render() {
    if (!this.#order) return nothing;
    if (this.#fault) return html`<p class="fault" aria-busy=${this.#isAsking}>${this.#fault}</p>`;
    if (!this.#found) return html`<p class="help" aria-busy="true">Trying it on the records …</p>`;
    return this.#answer(this.#found);
  }

  /** @param {Found} found */
  #answer({ matching, sum, sample, withheld, took_ms: took, as_of: asOf }) {
    return html`<div class="trial" aria-busy=${this.#isAsking}>
      <p class="sums"><strong>${shown(String(matching))}</strong> ${matching === 1 ? "record matches" : "records match"}${sum === null
        ? nothing
        : html`, together <strong title=${exact(sum, this.#unit)}>${shown(sum)} ${this.#unit}</strong>`}</p>
      ${sample.length ? html`<table class="sample">
        <caption class="unseen">The first records that match</caption>
        <thead><tr><th scope="col">Record</th><th scope="col">Owner</th><th scope="col">Attributes</th></tr></thead>
        <tbody>${sample.map(sampled)}</tbody></table>` : nothing}
      ${withheld ? html`<p class="help">${shown(String(withheld))} of them you may not read yourself; they are counted and not shown.</p>` : nothing}
      <p class="help">As of ${shownTime(new Date(asOf))}, found in ${took} ms.</p>
    </div>`;
  }
}

/** @param {any} record */
function sampled({ record, owner, attributes }) {
  const some = Object.entries(attributes).slice(0, ATTRIBUTES_SHOWN).map(([name, value]) => `${name} ${value?.rawJSON ?? value}`);
  return html`<tr><th scope="row" title=${record}>${record.slice(record.indexOf("/") + 1)}</th><td title=${owner?.id ?? nothing}>${owner?.id ?? ""}</td>
    <td title=${JSON.stringify(attributes)}>${some.join(" · ")}</td></tr>`;
}

customElements.define("query-trial", QueryTrial);
