/**
 * Rows of a report by goal, owner, team, period or metric, in one form.
 *
 * @typedef {object} Line
 * @property {string} key
 * @property {string} label
 * @property {string | null} link
 * @property {{id: string, name: string, currency: string | null}} metric
 * @property {boolean} isPerson
 * @property {number} goals How many are meant.
 * @property {string | null} actual
 * @property {string | null} target
 * @property {string | null} percentage
 * @property {string | null} gap To the target.
 * @property {string | null} before What the period before showed.
 * @property {string | null} beforePercentage
 * @property {string | null} change From the period before to this one.
 *
 * @typedef {"label" | "goals" | "actual" | "target" | "percentage" | "gap" | "before" | "change"} SortKey
 * @typedef {{metric: Line["metric"], lines: Line[]}} Group
 */

import { compare, difference } from "../words/decimals.js";
import { shownPeriod } from "../words/numbers.js";

const collator = new Intl.Collator(undefined, { numeric: true });

/** @param {any} row A row as the API has it. @param {string} by @returns {Line} */
export function lineOf(row, by) {
  const isGoal = by === "goal";
  const actual = isGoal ? row.values.actual : row.actual;
  const before = (isGoal ? row.previous?.values.actual : row.previous?.actual) ?? null;
  return {
    key: isGoal ? row.goal_id : row.key,
    label: isGoal ? row.title : labelOf(row, by),
    link: isGoal ? `/goals/${encodeURIComponent(row.goal_id)}` : null,
    metric: row.metric,
    isPerson: by === "owner" && row.key.startsWith("user/"),
    goals: isGoal ? 1 : row.goals,
    actual,
    target: row.target,
    percentage: row.percentage,
    gap: minus(actual, row.target),
    before,
    beforePercentage: row.previous?.percentage ?? null,
    change: minus(actual, before),
  };
}

/**
 * @param {{key: string, name: string | null}} row
 * @param {string} by
 */
function labelOf({ key, name }, by) {
  if (by === "team" && key === "") return "On no team";
  if (by === "period") {
    const [start, end] = key.split("..");
    const days = shownPeriod({ start, end });
    return name ? `${name}, ${days}` : days;
  }
  return name ?? key.replace(/^(user|team)\//, "");
}

/**
 * @param {string | null} one
 * @param {string | null} other
 */
function minus(one, other) {
  return one === null || other === null ? null : difference(one, other);
}

/**
 * Return lines metric by metric, as amounts of different metrics do not compare; in each
 * the lines in order. What is not known stands last, whichever way one sorts.
 *
 * @param {Line[]} lines
 * @param {SortKey} sort
 * @param {boolean} isFalling
 * @returns {Group[]}
 */
export function grouped(lines, sort, isFalling) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const line of lines) {
    const group = groups.get(line.metric.id);
    if (group) group.lines.push(line);
    else groups.set(line.metric.id, { metric: line.metric, lines: [line] });
  }
  for (const group of groups.values()) group.lines.sort(order(sort, isFalling));
  return [...groups.values()].sort((one, other) => collator.compare(one.metric.name, other.metric.name));
}

/**
 * @param {SortKey} sort
 * @param {boolean} isFalling
 * @returns {(one: Line, other: Line) => number}
 */
function order(sort, isFalling) {
  const way = isFalling ? -1 : 1;
  return (one, other) => {
    const byLabel = collator.compare(one.label, other.label) || (one.key < other.key ? -1 : 1);
    if (sort === "label") return way * byLabel;
    const [left, right] = [one[sort], other[sort]];
    if (left === null || right === null) return left === right ? byLabel : left === null ? 1 : -1;
    return way * compare(String(left), String(right)) || byLabel;
  };
}

/**
 * Return people by how much of their targets they have reached, each with a place; who
 * has reached the same shares one.
 *
 * @param {Line[]} lines Of one metric.
 */
export function ranked(lines) {
  const people = lines.filter((line) => line.isPerson && line.percentage !== null).sort(order("percentage", true));
  let place = 0;
  return people.map((line, index) => {
    if (index === 0 || line.percentage !== people[index - 1].percentage) place = index + 1;
    return { place, line };
  });
}
