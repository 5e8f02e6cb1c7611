/**
 * What a goal showed over its period, and how it came to that before anybody looked.
 *
 * @typedef {{at: string, values: {actual: string | null}, percentage: string | null}} Entry As GET /v1/goals/{id}/history has it.
 * @typedef {{day: string, total: string}} Day As GET /v1/goals/{id}/by-date has it.
 */

import { startOfDay } from "../words/moments.js";
import { read, RefusedError } from "./api.js";

const HOURS_DAYS_MAX = 14;
const DAY_MS = 86_400_000;
const DAYS_AGAIN_MS = 600_000;

export class Past {
  /** @type {Entry[] | null} What the goal showed; null until it has been read. */
  entries = null;
  /** @type {Day[]} What records add that were there before that. */
  days = [];
  #daysOf = "";
  #daysReadAt = 0;

  /**
   * Read it anew. Days that are over seldom change, and all records are read for them, so
   * they are asked for again after a while, or where the goal is another one.
   *
   * @param {string} id
   * @param {{start: string, end: string}} period
   * @param {string} timeZone
   * @param {string} [made] What it is by: its version, and whether that is rolled up.
   */
  async read(id, period, timeZone, made = "") {
    this.entries = await readHistory(id, period, timeZone);
    if (this.#daysOf === made && Date.now() - this.#daysReadAt < DAYS_AGAIN_MS) return;
    this.days = await readDaysBefore(id, this.entries, period, timeZone);
    [this.#daysOf, this.#daysReadAt] = [made, Date.now()];
  }
}

/**
 * Read what a goal showed since its period began: by hour where that is short, else by day.
 *
 * @param {string} id
 * @param {{start: string, end: string}} period
 * @param {string} timeZone
 * @returns {Promise<Entry[]>}
 */
async function readHistory(id, period, timeZone) {
  const days = (Date.parse(period.end) - Date.parse(period.start)) / DAY_MS;
  const asked = new URLSearchParams({
    limit: "1000",
    resolution: days <= HOURS_DAYS_MAX ? "hour" : "day",
    from: new Date(startOfDay(period.start, timeZone)).toISOString().replace(".000", ""),
  });
  const { items } = await read(`/v1/goals/${encodeURIComponent(id)}/history?${asked}`);
  return items;
}

/**
 * Read what the records of the days before add, where a period began before its history.
 *
 * Who may not read every record has no such days; the history is there for him, too.
 *
 * @param {string} id
 * @param {Entry[]} history
 * @param {{start: string}} period
 * @param {string} timeZone
 * @returns {Promise<Day[]>}
 */
async function readDaysBefore(id, history, period, timeZone) {
  const [first] = history;
  if (first && Date.parse(first.at) <= startOfDay(period.start, timeZone)) return [];
  try {
    const { days } = await read(`/v1/goals/${encodeURIComponent(id)}/by-date`);
    return days;
  } catch (fault) {
    if (fault instanceof RefusedError) return [];
    throw fault;
  }
}
