/** Which trees have other days than the calendar gives their fiscal period now. */

import { html, nothing } from "lit";

import { readAll } from "../live/directory.js";
import { LightElement } from "../parts/light.js";
import { shownPeriod } from "../words/numbers.js";
import { periodsOf } from "./fiscal.js";

const SHOWN_MAX = 12;

export class FiscalRoots extends LightElement {
  /** @override */
  static properties = { calendar: { attribute: false } };
  /** @type {any[] | null} Roots that have a fiscal period. */
  #roots = null;
  #fault = "";

  constructor() {
    super();
    /** @type {import("./fiscal.js").Calendar | null} */
    this.calendar = null;
  }

  /** @override */
  async firstUpdated() {
    try {
      const roots = await readAll("/v1/goals", { root: "true" });
      this.#roots = [...roots.values()].filter(({ period, state }) => period.kind === "fiscal" && state === "open");
    } catch (fault) {
      this.#fault = /** @type {Error} */ (fault).message;
    }
    this.requestUpdate();
  }

  /** @override */
  render() {
    const { calendar } = this;
    if (this.#fault) return html`<p class="fault">${this.#fault}</p>`;
    if (!this.#roots || !calendar) return html`<p class="help" aria-busy="true">Looking at the goals …</p>`;
    const others = this.#roots.flatMap((root) => {
      const now = periodsOf(calendar, root.period.year).find(({ code }) => code === root.period.period);
      return now && now.start === root.period.start && now.end === root.period.end ? [] : [{ root, now }];
    });
    if (!others.length) return html`<p>${this.#roots.length ? `All ${this.#roots.length} trees with a fiscal period have the days of this calendar.` : "No tree that you may read has a fiscal period."}</p>`;
    return html`<p class="warned">${others.length} of ${this.#roots.length} ${this.#roots.length === 1 ? "tree" : "trees"} with a fiscal period ${others.length === 1 ? "has" : "have"} other days than this calendar gives it:</p>
      <ul class="readers">${others.slice(0, SHOWN_MAX).map(({ root, now }) => html`<li><a href="/goals/${encodeURIComponent(root.id)}">${root.title}</a>
        <span class="help">${shownPeriod(root.period)}, ${now ? `here ${shownPeriod(now)}` : "and here there is no such period"}</span></li>`)}</ul>
      ${others.length > SHOWN_MAX ? html`<p class="help">and ${others.length - SHOWN_MAX} more</p>` : nothing}`;
  }
}

customElements.define("fiscal-roots", FiscalRoots);
