/**
 * Which goals have a card: those that the address names, else the roots that aim highest.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../live/goals.js").Goals} Goals
 */

import { elapsedShare, isOver, todayIn } from "../words/pace.js";

export const CARDS_MAX = 6;

/** Return the roots, as far as one sees, those of today's periods first, then by target. @param {Goals} goals */
export function rootsOf(goals) {
  return goals
    .childrenOf(null)
    .map((id) => /** @type {Goal} */ (goals.get(id)))
    .sort((one, other) => rank(other) - rank(one) || Number(other.target ?? 0) - Number(one.target ?? 0));
}

/** @param {Goal} goal */
function rank(goal) {
  if (goal.target === null || goal.state !== "open") return 0;
  return isOver(goal.period) || goal.period.start > todayIn(goal.period.time_zone) ? 1 : 2;
}

/**
 * Return the goals with a card.
 *
 * @param {Goals} goals
 * @param {string[] | null} pinned The ids that the address names.
 */
export function shownOf(goals, pinned) {
  if (pinned !== null) return pinned.flatMap((id) => goals.get(id) ?? []).slice(0, CARDS_MAX);
  const roots = rootsOf(goals);
  const ofToday = roots.filter((goal) => rank(goal) === 2);
  return (ofToday.length ? ofToday : roots).slice(0, CARDS_MAX);
}

/** Return the share of the period that has passed, as a whole percentage. @param {Goal} goal */
export function elapsedPercent(goal) {
  return Math.floor(elapsedShare(goal.period) * 100);
}
