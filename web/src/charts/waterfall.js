/**
 * A waterfall, lying: a table whose rows are start, steps and end, each with its bar.
 *
 * The table is what a reader hears and copies; the bars are the same once more. Where
 * changes are small beside the total, the scale begins later, and the long bars are
 * drawn broken.
 *
 * @typedef {import("../overview/moves.js").Moves} Moves
 * @typedef {import("../overview/moves.js").Step} Step
 * @typedef {{label: unknown, kind: "total" | "up" | "down" | "none", from: number, to: number, amount: string, isChange: boolean}} Bar
 */

import { html, nothing, svg } from "lit";
import { scaleLinear } from "d3-scale";

import { exactChange, shownChange } from "../words/changes.js";
import { signOf, sum } from "../words/decimals.js";
import { exact, shown } from "../words/numbers.js";

// Long bars are cut where what moved would take less than this of the width.
const SHARE_MIN = 0.35;
const MARGIN = 0.12;

/**
 * @param {Moves} moves
 * @param {{caption: string, unit: string, start: string, end: string, linkOf: (step: Step) => unknown}} words
 */
export function waterfall(moves, { caption, unit, start, end, linkOf }) {
  const bars = barsOf(moves, start, end, linkOf);
  const { domain, isCut } = domainOf(bars);
  const x = scaleLinear().domain(domain).range([0, 100]);
  return html`<table class="waterfall sheet">
    <caption class="unseen">${caption}</caption>
    <thead class="unseen"><tr><th scope="col">Step</th><th scope="col">Bar</th><th scope="col">Amount${unit && `, ${unit}`}</th></tr></thead>
    <tbody>${bars.map((bar, index) => row(bar, index, bars.length, x, unit, isCut))}</tbody>
  </table>
  ${isCut ? html`<p class="note">Bars are cut on the left: the scale begins at ${shown(String(domain[0].toFixed(2)))}.</p>` : nothing}`;
}

/**
 * @param {Moves} moves
 * @param {string} start
 * @param {string} end
 * @param {(step: Step) => unknown} linkOf
 * @returns {Bar[]}
 */
function barsOf(moves, start, end, linkOf) {
  let running = moves.start;
  const steps = moves.steps.map((step) => {
    const from = Number(running);
    running = sum([running, step.amount]);
    const kind = signOf(step.amount) < 0 ? "down" : "up";
    return /** @type {Bar} */ ({ label: linkOf(step), kind, from, to: Number(running), amount: step.amount, isChange: true });
  });
  const total = (/** @type {string} */ label, /** @type {string} */ amount) =>
    /** @type {Bar} */ ({ label, kind: "total", from: 0, to: Number(amount), amount, isChange: false });
  return [total(start, moves.start), ...steps, total(end, moves.end)];
}

/** @param {Bar[]} bars */
function domainOf(bars) {
  const ends = bars.map((bar) => bar.to);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const span = high - low;
  if (low > 0 && span > 0 && span / high < SHARE_MIN) {
    return { domain: [low - span * MARGIN * 2, high + span * MARGIN], isCut: low - span * MARGIN * 2 > 0 };
  }
  const top = Math.max(high, 0);
  const bottom = Math.min(low, 0);
  return { domain: [bottom, top === bottom ? bottom + 1 : top], isCut: false };
}

/** @param {number} value */
const percent = (value) => `${Math.min(100, Math.max(0, value)).toFixed(3)}%`;

/**
 * @param {Bar} bar
 * @param {number} index
 * @param {number} count
 * @param {import("d3-scale").ScaleLinear<number, number>} x
 * @param {string} unit
 * @param {boolean} isCut
 */
function row(bar, index, count, x, unit, isCut) {
  const write = bar.isChange ? shownChange : shown;
  const title = bar.isChange ? exactChange(bar.amount, unit) : exact(bar.amount, unit);
  return html`<tr class=${bar.kind}>
    <th scope="row">${bar.label}</th>
    <td class="drawing">${drawing(bar, index, count, x, isCut)}</td>
    <td class="amount" title=${title}>${write(bar.amount)}</td>
  </tr>`;
}

/**
 * @param {Bar} bar
 * @param {number} index
 * @param {number} count
 * @param {import("d3-scale").ScaleLinear<number, number>} x
 * @param {boolean} isCut
 */
function drawing(bar, index, count, x, isCut) {
  const [from, to] = [x(bar.from), x(bar.to)];
  const left = Math.max(0, Math.min(from, to));
  const right = Math.min(100, Math.max(from, to));
  const entry = bar.kind === "total" ? to : from;
  const line = (/** @type {number} */ at, /** @type {string} */ y1, /** @type {string} */ y2) =>
    svg`<line class="joint" x1=${percent(at)} x2=${percent(at)} y1=${y1} y2=${y2}></line>`;
  return html`<svg aria-hidden="true" width="100%" height="100%">
    ${index > 0 ? line(entry, "0", "22%") : nothing}
    ${index < count - 1 ? line(to, "78%", "100%") : nothing}
    <rect class="bar ${bar.kind}" x=${percent(left)} width=${percent(Math.max(0.25, right - left))} y="22%" height="56%"></rect>
    ${isCut && bar.kind === "total" ? svg`<path class="cut" d="M10 0l-5 28M15 0l-5 28"></path>` : nothing}
  </svg>`;
}
