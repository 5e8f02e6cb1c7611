/**
 * What a goal showed over its period, as GET /v1/goals/{id}/history has it.
 *
 * @typedef {{at: string, values: {actual: string | null}, percentage: string | null}} Entry
 */

import { startOfDay } from "../words/moments.js";
import { read } from "./api.js";

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
