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

/**
 * Read what a goal showed since its period began: by hour where that is short, else by day.
 *
 * @param {string} id
 * @param {{start: string, end: string}} period
 * @param {string} timeZone
 * @returns {Promise<Entry[]>}
 */
export async function readHistory(id, period, timeZone) {
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
export async function readDaysBefore(id, history, period, timeZone) {
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
