/**
 * What moved a goal: by how much each child's number has changed, and what is left.
 *
 * @typedef {import("../live/attainment.js").Row} Row
 * @typedef {{kind: "goal" | "rest" | "own", id: string | null, label: string, amount: string}} Step
 * @typedef {{start: string, end: string, change: string, steps: Step[], isNew: boolean}} Moves
 */

import { compare, difference, signOf, size, sum } from "../words/decimals.js";

export const STEPS_MAX = 6;

/**
 * Return the steps from what a goal showed to what it shows; start and steps add up to
 * the end, exactly. Null: it is not measured.
 *
 * What had no number then counts with all that it shows now.
 *
 * @param {Row} goal
 * @param {Row[]} children
 * @returns {Moves | null}
 */
export function movesOf(goal, children, most = STEPS_MAX) {
  const end = goal.values.actual;
  if (end === null) return null;
  const start = shownThen(goal);
  const change = difference(end, start);
  const all = children
    .filter((child) => child.metric.id === goal.metric.id && child.values.actual !== null)
    .map((child) => stepOf(child))
    .filter((step) => signOf(step.amount) !== 0)
    .sort((one, other) => compare(size(other.amount), size(one.amount)) || one.label.localeCompare(other.label));
  const steps = all.length > most ? [...all.slice(0, most - 1), together(all.slice(most - 1))] : all;
  const own = difference(change, sum(all.map((step) => step.amount)));
  if (signOf(own) !== 0) steps.push({ kind: "own", id: null, label: ownLabel(goal, children), amount: own });
  return { start, end, change, steps, isNew: goal.earlier === null };
}

/** @param {Row} goal */
function shownThen(goal) {
  return goal.earlier?.values.actual ?? "0";
}

/** @param {Row} child @returns {Step} */
function stepOf(child) {
  const amount = difference(child.values.actual ?? "0", shownThen(child));
  return { kind: "goal", id: child.goal_id, label: child.title, amount };
}

/** @param {Step[]} steps @returns {Step} */
function together(steps) {
  return { kind: "rest", id: null, label: `${steps.length} others`, amount: sum(steps.map((step) => step.amount)) };
}

/**
 * @param {Row} goal
 * @param {Row[]} children
 */
function ownLabel(goal, children) {
  if (goal.is_overridden) return "What a person set";
  if (children.length === 0) return "Its records";
  return "Own records, goals that came or went";
}
