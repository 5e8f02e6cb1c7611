/**
 * What a burn-up shows, worked out from a goal, its history and its projection.
 *
 * @typedef {import("../live/history.js").Entry} Entry
 * @typedef {import("../live/history.js").Day} Day
 * @typedef {{at: number, value: number, text: string, percentage: string | null, isByDate: boolean}} Point
 * @typedef {{low: string, expected: string, high: string}} Finish
 * @typedef {object} Plan
 * @property {number} from When the period begins.
 * @property {number} to When it has ended.
 * @property {number} lastDay When its last day begins: there the pace has reached the target.
 * @property {number} now No later than `to`.
 * @property {Point[]} points What stood since when, the oldest first; the last one stands now.
 *   Before the goal was first seen they are what its records add by their dates.
 * @property {number | null} target
 * @property {number | null} stretch
 * @property {{low: number, expected: number, high: number} | null} finish
 * @property {[number, number]} range The least and the greatest value that has to fit.
 */

import { dayAfter, startOfDay } from "../words/moments.js";

/**
 * @param {{period: {start: string, end: string}, time_zone: string, target: string | null, stretch_target: string | null}} goal
 * @param {{entries: Entry[] | null, days: Day[]}} past
 * @param {{actual: string | null, percentage: string | null}} shownNow What the stream says.
 * @param {Finish | null} finish
 * @param {number} now
 * @returns {Plan}
 */
export function planOf(goal, past, shownNow, finish, now) {
  const from = startOfDay(goal.period.start, goal.time_zone);
  const to = startOfDay(dayAfter(goal.period.end), goal.time_zone);
  const end = Math.min(now, to);
  const target = numberOf(goal.target);
  const seen = pointsOf(past.entries ?? [], shownNow, from, end);
  const points = [...datedPoints(past.days, goal.time_zone, target, seen[0]?.at ?? end), ...seen];
  const stretch = numberOf(goal.stretch_target);
  const projected = finish && now < to ? { low: Number(finish.low), expected: Number(finish.expected), high: Number(finish.high) } : null;
  const values = [0, target, stretch, projected?.low, projected?.high, ...points.map((one) => one.value)];
  const known = values.filter((one) => typeof one === "number");
  return {
    from,
    to,
    lastDay: startOfDay(goal.period.end, goal.time_zone),
    now: end,
    points,
    target,
    stretch,
    finish: projected,
    range: [Math.min(...known), Math.max(...known)],
  };
}

/**
 * @param {Day[]} days
 * @param {string} timeZone
 * @param {number | null} target
 * @param {number} before
 */
function datedPoints(days, timeZone, target, before) {
  return days.flatMap(({ day, total }) => {
    const at = startOfDay(day, timeZone);
    const percentage = target ? ((Number(total) / target) * 100).toFixed(4) : null;
    return at < before ? [point(at, total, percentage, true)] : [];
  });
}

/**
 * @param {Entry[]} history
 * @param {{actual: string | null, percentage: string | null}} shownNow
 * @param {number} from
 * @param {number} now
 */
function pointsOf(history, shownNow, from, now) {
  /** @type {Point[]} */
  const points = [];
  for (const { at, values, percentage } of history) {
    if (values.actual === null || Date.parse(at) > now) continue;
    // What stood when the period began stands at its beginning.
    points.push(point(Math.max(from, Date.parse(at)), values.actual, percentage));
  }
  const isOver = now < Date.now() - 1000 && points.length > 0;
  if (shownNow.actual !== null && !isOver && now > from) points.push(point(now, shownNow.actual, shownNow.percentage));
  return points;
}

/**
 * @param {number} at
 * @param {string} text
 * @param {string | null} percentage
 * @param {boolean} [isByDate]
 * @returns {Point}
 */
function point(at, text, percentage, isByDate = false) {
  return { at, value: Number(text), text, percentage, isByDate };
}

/** @param {string | null} text */
function numberOf(text) {
  return text === null ? null : Number(text);
}

/**
 * Move labels apart that stand too close, none out of its bounds; they keep their order.
 *
 * @param {number[]} wanted
 * @param {number} gap
 * @param {number} low
 * @param {number} high
 */
export function spread(wanted, gap, low, high) {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a] - wanted[b]);
  const places = [...wanted];
  order.forEach((at, rank) => {
    const least = rank ? places[order[rank - 1]] + gap : low;
    places[at] = Math.max(places[at], least);
  });
  let most = high;
  for (const at of order.reverse()) {
    places[at] = Math.min(places[at], most);
    most = places[at] - gap;
  }
  return places;
}
