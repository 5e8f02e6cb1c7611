/**
 * What is worked out from several moments: where each goal may end, what it showed a
 * day ago, what its own records add. Read when the screen opens, each minute, and soon
 * after a goal came, went or got another target.
 *
 * @typedef {import("../live/messages.js").Values} Values
 * @typedef {{low: string, expected: string, high: string,
 *   by: {rule: string, value: string}[]}} Finish
 * @typedef {object} Row
 * @property {string} goal_id
 * @property {string | null} target
 * @property {string | null} children_target
 * @property {Values} own
 * @property {Finish | null} finish
 * @property {{values: Values} | null} earlier
 */

import { RefusedError, read } from "../live/api.js";

const PAGE = 1000;
const EACH_MS = 60_000;
const BETWEEN_MS_MIN = 10_000;

export class Attained {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** When what is known was true. @type {Date | null} */
  asOf = null;
  /** @type {Date | null} */
  since = null;
  /** Why the last question was not answered, in words. @type {string | null} */
  fault = null;
  #onChange;
  #readAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #waiting;
  #isReading = false;

  /** @param {() => void} onChange Told when something else is known. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  start() {
    this.#read();
    setInterval(() => this.#read(), EACH_MS);
    document.addEventListener("visibilitychange", () => {
      if (performance.now() - this.#readAt > EACH_MS) this.#read();
    });
  }

  /** Ask again, but not more often than each ten seconds. */
  soon() {
    const pause = BETWEEN_MS_MIN - (performance.now() - this.#readAt);
    this.#waiting ??= setTimeout(() => this.#read(), Math.max(0, pause));
  }

  /** @param {string} id */
  get(id) {
    return this.#rows.get(id);
  }

  async #read() {
    if (document.hidden || this.#isReading) return;
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#isReading = true;
    this.#readAt = performance.now();
    try {
      await this.#readPages();
      this.fault = null;
    } catch (fault) {
      // What was read before stays; it says itself of when it is.
      this.fault = fault instanceof RefusedError ? fault.message : "the server does not answer";
    }
    this.#isReading = false;
    this.#onChange();
  }

  async #readPages() {
    /** @type {Map<string, Row>} */
    const rows = new Map();
    let asOf = null;
    let since = null;
    /** @type {string | null} */
    let after = null;
    do {
      const query = new URLSearchParams({ since: "24h", limit: String(PAGE) });
      if (after) query.set("after", after);
      const page = await read(`/v1/reports/attainment?${query}`);
      for (const row of page.items) rows.set(row.goal_id, row);
      asOf ??= new Date(page.as_of);
      since ??= new Date(page.since);
      after = page.next;
    } while (after);
    this.#rows = rows;
    this.asOf = asOf;
    this.since = since;
  }
}
