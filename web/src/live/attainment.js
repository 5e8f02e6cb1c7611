/**
 * What is worked out from several moments: pace, finish, change. It is asked for, not
 * streamed: every minute while the page is looked at, and soon after numbers have changed.
 *
 * @typedef {import("./messages.js").Values} Values
 *
 * @typedef {{low: string, expected: string, high: string, by: {rule: string, value: string}[]}} Finish
 * @typedef {object} Row A goal as GET /v1/reports/attainment has it.
 * @property {string} goal_id
 * @property {string} title
 * @property {string | null} parent_id
 * @property {{id: string, name: string, currency: string | null}} metric
 * @property {{type: "user" | "team", id: string, name: string | null}} owner
 * @property {{start: string, end: string, time_zone: string, name: string | null}} period
 * @property {string} state
 * @property {Values} values
 * @property {string | null} target
 * @property {string | null} percentage
 * @property {boolean} is_overridden
 * @property {{percentage_of_period: string, target: string | null, index: string | null, status: string | null, gap: string | null}} pace
 * @property {string | null} children_target
 * @property {Values} own
 * @property {Finish | null} finish
 * @property {{values: Values, change: Values} | null} earlier
 */

import { read } from "./api.js";

const PAGE = 1000;
const EVERY_MS = 60_000;
const QUIET_MS = 1500;
// Where numbers never rest, no more often than this.
const BUSY_MS = 10_000;

/**
 * Read all pages of a report.
 *
 * @param {Record<string, string>} query
 * @returns {Promise<{as_of: string, since: string | null, items: any[]}>}
 */
export async function readReport(query) {
  const items = [];
  let answer;
  let after = "";
  do {
    const asked = new URLSearchParams({ ...query, limit: String(PAGE), ...(after && { after }) });
    answer = await read(`/v1/reports/attainment?${asked}`);
    items.push(...answer.items);
    after = answer.next;
  } while (after);
  return { as_of: answer.as_of, since: answer.since, items };
}

/** A report that is kept fresh. */
export class FreshReport {
  /** @type {any[]} */
  items = [];
  /** @type {Map<string, any>} */
  #byGoal = new Map();
  /** @type {Date | null} */
  asOf = null;
  /** @type {Date | null} */
  since = null;
  /** @type {Error | null} Why it could not be read the last time. */
  fault = null;
  #query;
  #onChange;
  #readAt = 0;
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Record<string, string>} query
   * @param {() => void} onChange Told when there is something new to show.
   */
  constructor(query, onChange) {
    this.#query = query;
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#dueIn() === 0) this.readNow();
    });
  }

  /** Return what is known of a goal. @param {string} id @returns {Row | undefined} */
  get(id) {
    return this.#byGoal.get(id);
  }

  /** Whether there has been an answer. */
  get isKnown() {
    return this.asOf !== null;
  }

  /** Ask for something else from now on. @param {Record<string, string>} query */
  ask(query) {
    this.#query = query;
    this.readNow();
  }

  /** Read again in a while, as numbers have changed. */
  soon() {
    const pause = Math.max(QUIET_MS, BUSY_MS - (Date.now() - this.#readAt));
    this.#after(Math.min(pause, this.#dueIn()));
  }

  async readNow() {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.#readAt = Date.now();
    try {
      const answer = await readReport(this.#query);
      if (turn !== this.#turn) return;
      this.items = answer.items;
      this.#byGoal = new Map(answer.items.map((row) => [row.goal_id, row]));
      this.asOf = new Date(answer.as_of);
      this.since = answer.since ? new Date(answer.since) : null;
      this.fault = null;
    } catch (fault) {
      if (turn !== this.#turn) return;
      this.fault = /** @type {Error} */ (fault);
    }
    this.#after(EVERY_MS);
    this.#onChange();
  }

  #dueAt = Infinity;

  #dueIn() {
    return Math.max(0, this.#dueAt - Date.now());
  }

  /** @param {number} pause */
  #after(pause) {
    clearTimeout(this.#timer);
    this.#dueAt = Date.now() + pause;
    this.#timer = setTimeout(() => {
      // Whoever comes back to the page has it read then.
      if (!document.hidden) this.readNow();
    }, pause);
  }

  /** Ask no more. */
  stop() {
    this.#turn++;
    this.#dueAt = Infinity;
    clearTimeout(this.#timer);
  }
}
