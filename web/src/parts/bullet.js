/**
 * The bullet bar: actual, what is in progress, the targets and today's pace.
 *
 * All bars have one scale, from 0 to 125 % of the goal's own target, so that the
 * targets stand under one another. What goes beyond is cut, and an arrow says so.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 */

import { html, nothing, svg } from "lit";

import { exact, shown, shownPercentage } from "../words/numbers.js";
import { elapsedShare, statusOf } from "../words/pace.js";

const TARGET_PERCENT = 80;
// Drawn around x = 0: a line that hangs from a wedge.
const PACE = "M-4-.5h8l-3.25 4.5v12h-1.5v-12z";

/** @param {number} value */
function percent(value) {
  return `${Math.min(100, Math.max(0, value)).toFixed(2)}%`;
}

/**
 * Something drawn around a point that is given in percent of the width.
 *
 * @param {number} x
 * @param {import("lit").TemplateResult<2>} drawing
 */
function at(x, drawing) {
  return svg`<svg x=${percent(x)} width="1" height="16" overflow="visible">${drawing}</svg>`;
}

/**
 * @param {Goal} goal
 * @param {string} unit
 */
export function bullet(goal, unit) {
  const target = Number(goal.target);
  if (goal.target === null || target <= 0) return nothing;
  const scale = (/** @type {string | null} */ amount) => (Number(amount ?? 0) / target) * TARGET_PERCENT;
  const actual = scale(goal.values.actual);
  const open = Math.max(0, actual + scale(goal.values.in_progress));
  const stretch = goal.stretch_target === null ? 0 : scale(goal.stretch_target);
  return html`<svg class="bullet" height="16" role="img" aria-label=${sentence(goal, unit)}>
    <rect class="track" y="3" width="100%" height="10"></rect>
    <rect class="in-progress" y="3" height="10" width=${percent(open)}></rect>
    <rect class="actual" y="3" height="10" width=${percent(actual)}></rect>
    ${actual > 100 ? at(100, svg`<path class="beyond" d="M-7 4l5 4-5 4z"></path>`) : nothing}
    ${stretch > 0 && stretch <= 100 ? at(stretch, svg`<rect class="stretch" x="-.75" y="1" width="1.5" height="14"></rect>`) : nothing}
    ${at(TARGET_PERCENT, svg`<rect class="target" x="-1.25" width="2.5" height="16"></rect>`)}
    ${at(TARGET_PERCENT * elapsedShare(goal.period), svg`<path class="pace" d=${PACE}></path>`)}
  </svg>`;
}

/**
 * Say in words what the bar shows.
 *
 * @param {Goal} goal
 * @param {string} unit
 */
export function sentence(goal, unit) {
  const { actual } = goal.values;
  if (actual === null) return `${goal.title}: not measured`;
  if (goal.target === null) return `${goal.title}: ${exact(actual, unit)}, no target`;
  const words = [
    `${goal.title}: ${shown(actual)} of ${shown(goal.target)}${unit && ` ${unit}`}`,
    goal.percentage === null ? "" : `${shownPercentage(goal.percentage)} percent`,
    `pace ${shownPercentage(String(elapsedShare(goal.period) * 100))} percent`,
    statusOf(goal),
  ];
  return words.filter(Boolean).join(", ");
}
