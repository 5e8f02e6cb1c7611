/**
 * Where a goal should be today, and the one word for where it is.
 *
 * The words are for the eye; nothing is stored or decided by them. The formula stands
 * at the foot of the page.
 */

/**
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {Goal["period"]} Period
 * @typedef {keyof typeof MARKS} Standing
 */

const TOO_EARLY = 0.05;
const AHEAD = 1.05;
const ON_PACE = 0.95;
const AT_RISK = 0.8;

export const MARKS = {
  reached: "✓",
  ahead: "▲",
  "on pace": "●",
  "at risk": "◆",
  behind: "▼",
  missed: "▼",
  early: "○",
};

/** @type {Map<string, Intl.DateTimeFormat>} */
const dayFormats = new Map();

/** Return the day it is in a time zone now, as `YYYY-MM-DD`. @param {string} timeZone */
export function todayIn(timeZone, now = new Date()) {
  // The Swedish way of writing a day is the ISO way.
  const made = dayFormats.get(timeZone) ?? new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeZone });
  dayFormats.set(timeZone, made);
  return made.format(now);
}

/** Return how much of the period has passed, between 0 and 1. @param {Period} period */
export function elapsedShare({ start, end, time_zone: timeZone }, now = new Date()) {
  const first = Date.parse(start);
  const last = Date.parse(end);
  const today = Date.parse(todayIn(timeZone, now));
  if (first === last) return today < first ? 0 : 1;
  return Math.min(1, Math.max(0, (today - first) / (last - first)));
}

/** Return whether the last day of the period has passed. @param {Period} period */
export function isOver({ end, time_zone: timeZone }, now = new Date()) {
  return todayIn(timeZone, now) > end;
}

/**
 * Return the goal's word, or null where there is nothing to compare.
 *
 * @param {Goal} goal
 * @returns {Standing | null}
 */
export function statusOf(goal, now = new Date()) {
  const target = Number(goal.target);
  if (goal.target === null || target <= 0 || goal.values.actual === null) return null;
  const actual = Number(goal.values.actual);
  if (actual >= target) return "reached";
  if (isOver(goal.period, now)) return "missed";
  const share = elapsedShare(goal.period, now);
  if (share < TOO_EARLY) return "early";
  const index = actual / (target * share);
  if (index > AHEAD) return "ahead";
  if (index >= ON_PACE) return "on pace";
  return index >= AT_RISK ? "at risk" : "behind";
}
