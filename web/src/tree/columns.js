/**
 * The columns of the tree: their heads, and what rows are sorted by in each.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {import("../live/attainment.js").FreshReport} Attained
 * @typedef {import("./order.js").Key} Key
 * @typedef {import("./order.js").Order} Order
 */

import { html } from "lit";

import { elapsedShare } from "../words/pace.js";
import { changeOf } from "./words.js";

// A first press on a column of numbers brings the greatest to the top.
const TEXTS = ["title", "owner"];

/** @type {[string, string, string][]} Name, what stands in the head, what it means. */
export const COLUMNS = [
  ["title", "Goal", "title"],
  ["owner", "Owner", "owner"],
  ["actual", "Actual", "what counts so far"],
  ["in-progress", "In progress", "what may still count"],
  ["target", "Target", "target"],
  ["percentage", "%", "actual of target, in percent"],
  ["bar", "Towards the target", ""],
  ["status", "Pace", "actual against where it should be today"],
  ["finish", "Finish", "where it may end"],
  ["change", "24 h", "change of the actual within 24 hours"],
];

/**
 * Return what each column sorts by.
 *
 * @param {Frame} frame
 * @param {Attained} attained
 * @returns {Record<string, Key>}
 */
export function keysOf({ directory }, attained) {
  return {
    title: (goal) => goal.title,
    owner: (goal) => directory.nameOf(goal.owner),
    actual: (goal) => number(goal.values.actual),
    "in-progress": (goal) => number(goal.values.in_progress),
    target: (goal) => number(goal.target),
    percentage: (goal) => number(goal.percentage),
    status: paceIndex,
    finish: (goal) => number(attained.get(goal.goal_id)?.finish?.expected ?? null),
    change: (goal) => number(changeOf(goal, attained.get(goal.goal_id))),
  };
}

/**
 * Draw the heads; a press on one sorts by it, then the other way, then not at all.
 *
 * @param {Order} order
 * @param {(text: string) => void} sort
 */
export function heads(order, sort) {
  const heads = COLUMNS.map(([name, text, why]) => {
    const isSorted = order.text !== "" && order.column === name;
    const direction = order.isDown ? "descending" : "ascending";
    if (name === "bar") return html`<th role="columnheader" scope="col" class=${name}>${text}</th>`;
    return html`<th role="columnheader" scope="col" class=${name} aria-sort=${isSorted ? direction : "none"}>
      <button type="button" class="sort" title=${`${why}; press to sort`} @click=${() => sort(following(order, name))}>${text}</button></th>`;
  });
  return html`<tr role="row">${heads}</tr>`;
}

/**
 * Return the order after a press on a head.
 *
 * @param {Order} order
 * @param {string} name
 */
function following(order, name) {
  const isText = TEXTS.includes(name);
  const [first, second] = isText ? [name, `-${name}`] : [`-${name}`, name];
  if (order.text === first || (first === "title" && order.text === "")) return second;
  return order.text === second ? "" : first;
}

/** @param {Goal} goal */
function paceIndex(goal) {
  const pace = Number(goal.target) * elapsedShare(goal.period);
  return goal.values.actual === null || pace <= 0 ? null : Number(goal.values.actual) / pace;
}

/** @param {string | null} text */
function number(text) {
  return text === null ? null : Number(text);
}
