/**
 * What a row of the tree says beside its numbers.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../live/directory.js").Directory} Directory
 * @typedef {import("../live/attainment.js").FreshReport} Attained
 * @typedef {import("../live/attainment.js").Row} Row
 */

import { compactChange } from "../words/changes.js";
import { difference } from "../words/decimals.js";
import { ABSENT, exact, shownPeriod, shownTime, shownCompact } from "../words/numbers.js";

/** @type {Record<string, string>} */
const ERRORS = {
  query_failed: "a query of it, or of a goal below it, does not read any more",
  manager_disabled: "its manager, or that of a goal below it, is disabled",
  total_overflow: "its sum, or that of a goal below it, has too many digits",
};

/**
 * Say what is measured and when, where the parent's row does not say it already.
 *
 * @param {Goal} goal
 * @param {Goal | undefined} parent
 * @param {Directory} directory
 */
export function scopeOf(goal, parent, directory) {
  const words = [];
  if (parent?.metric_id !== goal.metric_id) {
    const unit = directory.unitOf(goal.metric_id);
    words.push(directory.metricName(goal.metric_id) + (unit && `, ${unit}`));
  }
  const period = shownPeriod(goal.period);
  if (!parent || shownPeriod(parent.period) !== period) words.push(period);
  return words.join(" · ");
}

/**
 * Return the words that mark a goal which is not as others are, each with its reason.
 *
 * @param {Goal} goal
 * @param {Row | undefined} row
 * @param {string} unit
 * @returns {{kind: string, text: string, why: string}[]}
 */
export function badgesOf(goal, row, unit) {
  const badges = statesOf(goal).map(([word, why]) => ({ kind: word, text: word, why }));
  const sum = row?.children_target ?? null;
  if (row && sum !== null && row.target !== null && Number(sum) !== Number(row.target)) {
    badges.push({
      kind: "uneven",
      text: `Σ≠ ${compactChange(difference(sum, row.target))}`,
      why: `its children's targets add up to ${exact(sum, unit)}, its own target is ${exact(row.target, unit)}`,
    });
  }
  return badges;
}

/**
 * @param {Goal} goal
 * @returns {[string, string][]}
 */
function statesOf(goal) {
  /** @type {[string, string][]} */
  const badges = [];
  const { status, error } = goal.rollup;
  if (status === "computing") badges.push(["computing", "its records are being read again; until that is done, the last consistent numbers stand here"]);
  if (status === "frozen") badges.push(["frozen", "it stands still"]);
  if (status === "failed") badges.push(["failed", ERRORS[error ?? ""] ?? "it, or a goal below it, cannot be rolled up"]);
  if (goal.is_overridden) badges.push(["override", "a person set these numbers"]);
  return badges;
}

/** @type {Record<string, string>} */
const RULES = {
  whole_period: "at the rate of the period so far",
  last_quarter: "at the rate of its last quarter",
  in_progress: "with what is in progress",
};

/**
 * Say between which numbers a goal may end, and why.
 *
 * @param {Row | undefined} row
 * @param {string} unit
 * @param {Date | null} asOf
 */
export function finishOf(row, unit, asOf) {
  const finish = row?.finish;
  if (!finish || !asOf) return { text: ABSENT, why: "nothing is projected" };
  const [low, high] = [shownCompact(finish.low), shownCompact(finish.high)];
  const estimates = finish.by.map(({ rule, value }) => `${exact(value, unit)} ${RULES[rule] ?? rule}`);
  return {
    text: low === high ? low : `${low}–${high}`,
    why: `may end at ${exact(finish.expected, unit)}: ${estimates.join(", ")}; as of ${shownTime(asOf)}`,
  };
}

/**
 * Return by how much what a goal shows has grown in a day; null where that is not known.
 *
 * @param {Goal} goal
 * @param {Row | undefined} row
 */
export function changeOf(goal, row) {
  const before = row?.earlier?.values.actual ?? null;
  const { actual } = goal.values;
  return before === null || actual === null ? null : difference(actual, before);
}

/**
 * Say by how much what a goal shows has grown, and since when.
 *
 * @param {Goal} goal
 * @param {Attained} attained
 * @param {string} unit
 */
export function changeInWords(goal, attained, unit) {
  const row = attained.get(goal.goal_id);
  const change = changeOf(goal, row);
  if (change === null || !attained.since) return { text: ABSENT, why: "what it showed a day ago is not known" };
  return {
    text: compactChange(change),
    why: `${exact(change, unit)} since yesterday, ${shownTime(attained.since)}, when it was ${exact(row?.earlier?.values.actual, unit)}`,
  };
}
