/** Reports that tiles show: each is asked for once, however many tiles show it. */

import { FreshReport } from "../live/attainment.js";

export class TileData {
  /** @type {Map<string, FreshReport>} */
  #reports = new Map();
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {Record<string, string>} query */
  report(query) {
    const key = JSON.stringify(query);
    const known = this.#reports.get(key);
    if (known) return known;
    const report = new FreshReport(query, this.#onChange);
    this.#reports.set(key, report);
    report.readNow();
    return report;
  }

  soon() {
    for (const report of this.#reports.values()) report.soon();
  }
}
