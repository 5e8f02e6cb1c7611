/**
 * One row of the tree: a goal, or the own records of the goal above it.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {import("../live/attainment.js").FreshReport} Attained
 * @typedef {import("./places.js").Place} Place
 * @typedef {object} Drawn
 * @property {Place} place
 * @property {number} index
 * @property {boolean} isMatch
 * @property {number | null} stop The cell that the Tab key reaches, -1 for the row; null: none.
 */

import { html, nothing } from "lit";

import { bullet } from "../parts/bullet.js";
import { changing } from "../parts/changing.js";
import { styled } from "../parts/styled.js";
import { ABSENT, exact, shown, shownPercentage, shownTime } from "../words/numbers.js";
import { MARKS, statusOf } from "../words/pace.js";
import { badgesOf, changeInWords, finishOf, scopeOf } from "./words.js";

/** Return where a goal is shown in full. @param {string} id */
export function goalAddress(id) {
  return `/goals/${encodeURIComponent(id)}`;
}

/**
 * @param {Drawn} drawn
 * @param {Goal} goal
 * @param {Frame} frame
 * @param {Attained} attained
 */
export function goalRow({ place, index, isMatch, stop }, goal, frame, attained) {
  const row = attained.get(place.id);
  const unit = frame.directory.unitOf(goal.metric_id);
  const owner = frame.directory.nameOf(goal.owner);
  const { actual, in_progress: open } = goal.values;
  const finish = finishOf(row, unit, attained.asOf);
  const change = changeInWords(goal, attained, unit);
  const tab = (/** @type {number} */ cell) => (stop === cell ? 0 : -1);
  return html`<tr role="row" data-goal=${place.id} class=${isMatch ? nothing : "context"} tabindex=${tab(-1)} aria-level=${place.level}
    aria-posinset=${place.position} aria-setsize=${place.siblings} aria-rowindex=${index + 2}
    aria-expanded=${place.isParent ? String(place.isOpen) : nothing}
    ${styled({ "--level": String(place.level - 1), "--index": String(index) })}>
    <td role="rowheader" class="title" tabindex=${tab(0)} title=${goal.title}>${title(goal, frame, attained, unit)}</td>
    <td role="gridcell" class="owner" tabindex=${tab(1)} title=${goal.owner.type === "team" ? `team ${owner}` : owner}>${owner}</td>
    <td role="gridcell" class="actual" tabindex=${tab(2)} title=${exact(actual, unit)}>${changing(shown(actual))}</td>
    <td role="gridcell" class="in-progress" tabindex=${tab(3)} title=${exact(open, unit)}>${changing(shown(open))}</td>
    <td role="gridcell" class="target" tabindex=${tab(4)} title=${goal.target === null ? "no target" : exact(goal.target, unit)}>${changing(shown(goal.target))}</td>
    <td role="gridcell" class="percentage" tabindex=${tab(5)} title=${goal.percentage === null ? "no target" : `${exact(goal.percentage)} %`}>${changing(shownPercentage(goal.percentage))}</td>
    <td role="gridcell" class="bar" tabindex=${tab(6)}>${bullet(goal, unit)}</td>
    ${status(goal, tab(7))}
    <td role="gridcell" class="finish" tabindex=${tab(8)} title=${finish.why}>${finish.text}</td>
    <td role="gridcell" class="change" tabindex=${tab(9)} title=${change.why}>${change.text}</td>
  </tr>`;
}

/**
 * Draw what a parent counts itself, which none of its children shows.
 *
 * @param {Drawn} drawn
 * @param {Goal} goal
 * @param {Frame} frame
 * @param {Attained} attained
 */
export function ownRow({ place, index, stop }, goal, frame, attained) {
  const own = attained.get(place.id)?.own;
  const unit = frame.directory.unitOf(goal.metric_id);
  const when = attained.asOf ? `; as of ${shownTime(attained.asOf)}` : "";
  const tab = (/** @type {number} */ cell) => (stop === cell ? 0 : -1);
  const empty = (/** @type {string} */ name, /** @type {number} */ cell) =>
    html`<td role="gridcell" class=${name} tabindex=${tab(cell)}></td>`;
  const amount = (/** @type {string} */ name, /** @type {number} */ cell, /** @type {string | null | undefined} */ text) =>
    html`<td role="gridcell" class=${name} tabindex=${tab(cell)} title=${exact(text, unit) + when}>${shown(text)}</td>`;
  return html`<tr role="row" data-own=${place.id} class="own" tabindex=${tab(-1)} aria-level=${place.level}
    aria-posinset=${place.position} aria-setsize=${place.siblings} aria-rowindex=${index + 2}
    ${styled({ "--level": String(place.level - 1), "--index": String(index) })}>
    <td role="rowheader" class="title" tabindex=${tab(0)} title=${`records that ${goal.title} counts itself`}><span class="twisty" aria-hidden="true"></span><span class="name">Own records, not in children</span></td>
    ${empty("owner", 1)}${amount("actual", 2, own?.actual)}${amount("in-progress", 3, own?.in_progress)}
    ${empty("target", 4)}${empty("percentage", 5)}${empty("bar", 6)}${empty("status", 7)}${empty("finish", 8)}${empty("change", 9)}
  </tr>`;
}

/**
 * @param {Goal} goal
 * @param {Frame} frame
 * @param {Attained} attained
 * @param {string} unit
 */
function title(goal, { goals, directory }, attained, unit) {
  const parent = goals.get(goals.parentOf(goal.goal_id));
  const badges = badgesOf(goal, attained.get(goal.goal_id), unit).map(
    ({ kind, text, why }) => html`<span class="badge ${kind}" title=${why}>${text}</span>`,
  );
  return html`<span class="twisty" aria-hidden="true"></span><a class="name" href=${goalAddress(goal.goal_id)} tabindex="-1">${goal.title}</a><span class="badges">${badges}</span><span class="scope">${scopeOf(goal, parent, directory)}</span>`;
}

/**
 * @param {Goal} goal
 * @param {number} tab
 */
function status(goal, tab) {
  const word = statusOf(goal);
  const said = word === null ? ABSENT : html`<span class="mark" aria-hidden="true">${MARKS[word]}</span><span class="word">${word}</span>`;
  return html`<td role="gridcell" class="status" tabindex=${tab} data-status=${word ?? "none"}>${said}</td>`;
}
