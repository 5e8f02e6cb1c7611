/** Which goals use a query, and what other conditions would make of their values. */

import { html, nothing } from "lit";

import { RefusedError, write } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { exact, shown } from "../words/numbers.js";

const PAUSE_MS = 700;
const SHOWN_MAX = 50;
/** @type {Record<string, string>} */
const STILL = { frozen: "frozen", only_from_children: "takes only what its children show" };

export class QueryImpact extends LightElement {
  #asked = "";
  /** @type {any} */
  #order = null;
  /** @type {any[] | null} */
  #items = null;
  #hasMore = false;
  #fault = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;

  /** The query and its other conditions; null: nothing changes. @param {{id: string, body: any} | null} order */
  set order(order) {
    const text = JSON.stringify(order);
    if (text === this.#asked) return;
    [this.#asked, this.#order] = [text, order];
    clearTimeout(this.#pause);
    if (order) this.#pause = setTimeout(() => this.#ask(text), PAUSE_MS);
    else this.#items = null;
    this.requestUpdate();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#pause);
  }

  /** @param {string} text */
  async #ask(text) {
    let [items, next, fault] = [/** @type {any[] | null} */ (null), null, ""];
    try {
      const path = `/v1/rollup-queries/${encodeURIComponent(this.#order.id)}/impact?limit=${SHOWN_MAX}`;
      ({ items, next } = await write("POST", path, this.#order.body));
    } catch (refused) {
      fault = refused instanceof RefusedError ? refused.message : String(refused);
    }
    if (text !== this.#asked) return;
    [this.#items, this.#hasMore, this.#fault] = [items, next !== null, fault];
    this.requestUpdate();
  }

  /** @override */
  render() {
    if (!this.#order) return nothing;
    return html`<section class="impact"><h3>What it would do to goals</h3>${this.#content()}</section>`;
  }

  #content() {
    if (this.#fault) return html`<p class="fault">${this.#fault}</p>`;
    if (!this.#items) return html`<p class="help" aria-busy="true">Trying it on the goals that use it …</p>`;
    if (!this.#items.length) return html`<p>No goal that you may read uses this query: nothing changes.</p>`;
    return html`<table><caption class="unseen">Goals that use the query</caption>
      <thead><tr><th scope="col">Goal</th><th scope="col">Measure</th><th scope="col" class="number">Now</th><th scope="col" class="number">Becomes</th></tr></thead>
      <tbody>${this.#items.flatMap(lines)}</tbody></table>
      ${this.#hasMore ? html`<p class="help">The first ${SHOWN_MAX} goals; there are more.</p>` : nothing}
      <p class="help">Each goal's own value. What stands above them moves by the sum of the differences.</p>`;
  }
}

/** @param {any} item */
function lines({ goal_id: id, title, stands_still: still, fields }) {
  return Object.entries(fields).map(([measure, { now, becomes, difference }]) => html`<tr>
    <th scope="row"><a href="/goals/${encodeURIComponent(id)}">${title}</a>${still ? html` <small>${STILL[still] ?? still}</small>` : nothing}</th>
    <td>${measure.replace("_", " ")}</td>
    <td class="number" title=${exact(now)}>${shown(now)}</td>
    <td class="number" title=${exact(becomes)} ?data-changes=${Number(difference) !== 0}>${shown(becomes)}</td></tr>`);
}

customElements.define("query-impact", QueryImpact);
