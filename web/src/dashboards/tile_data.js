/**
 * What tiles show: reports and histories, each asked for once, however many tiles show it.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {{past: Past, fault: Error | null}} History
 */

import { FreshReport } from "../live/attainment.js";
import { Past } from "../live/history.js";

const EVERY_MS = 60_000;

export class TileData {
  /** @type {Map<string, FreshReport>} */
  #reports = new Map();
  /** @type {Map<string, {goal: Goal, history: History}>} */
  #histories = new Map();
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    setInterval(() => this.#histories.forEach((one) => this.#read(one)), EVERY_MS);
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

  /** What a goal showed up to a minute ago; what it shows now, the stream says. @param {Goal} goal */
  history(goal) {
    const { start, end } = goal.period;
    const key = JSON.stringify([goal.goal_id, start, end]);
    const known = this.#histories.get(key);
    if (known) return known.history;
    const asked = { goal, history: /** @type {History} */ ({ past: new Past(), fault: null }) };
    this.#histories.set(key, asked);
    this.#read(asked);
    return asked.history;
  }

  /** @param {{goal: Goal, history: History}} asked */
  async #read({ goal, history }) {
    try {
      await history.past.read(goal.goal_id, goal.period, goal.period.time_zone);
      history.fault = null;
    } catch (fault) {
      history.fault = /** @type {Error} */ (fault);
    }
    this.#onChange();
  }

  soon() {
    for (const report of this.#reports.values()) report.soon();
  }
}
