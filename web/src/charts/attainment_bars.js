/**
 * Attainment as bars: actual solid, plan outlined, the period before solid and light.
 *
 * Bars of one metric have one scale. The table beside them says the same in numbers.
 *
 * @typedef {import("../reports/rows.js").Group} Group
 * @typedef {import("../reports/rows.js").Line} Line
 */

import { html, nothing, svg } from "lit";
import { scaleLinear } from "d3-scale";

import { exact, shown, shownPercentage } from "../words/numbers.js";

export const BARS_MAX = 15;

/**
 * @param {Group[]} groups
 * @param {string} caption
 * @param {number} [most] How many bars of each metric.
 */
export function attainmentBars(groups, caption, most = BARS_MAX) {
  const hasBefore = groups.some(({ lines }) => lines.some((line) => line.before !== null));
  return html`<figure class="bars" aria-label=${caption}>
    <figcaption class="legend-line">
      <span>${mark(svg`<rect class="actual" y="3" width="22" height="8"></rect>`)} actual</span>
      <span>${mark(svg`<rect class="plan" x=".75" y="1.75" width="20.5" height="10.5"></rect>`)} target</span>
      ${hasBefore ? html`<span>${mark(svg`<rect class="before" y="3" width="22" height="8"></rect>`)} the period before</span>` : nothing}
    </figcaption>
    ${groups.map((group) => bars(group, most))}
  </figure>`;
}

/** @param {import("lit").TemplateResult<2>} drawing */
function mark(drawing) {
  return html`<svg viewBox="0 0 22 14" width="22" height="14" aria-hidden="true">${drawing}</svg>`;
}

/**
 * @param {Group} group
 * @param {number} most
 */
function bars({ metric, lines }, most) {
  const drawn = lines.slice(0, most);
  const numbers = drawn.flatMap(({ actual, target, before }) => [actual, target, before].map((one) => Number(one ?? 0)));
  const x = scaleLinear().domain([Math.min(0, ...numbers), Math.max(0, ...numbers) || 1]).range([0, 100]);
  return html`<h2>${metric.name}${metric.currency && `, ${metric.currency}`}</h2>
    <ul>${drawn.map((line) => html`<li>
      <span class="label" title=${line.label}>${line.link ? html`<a href=${line.link}>${line.label}</a>` : line.label}</span>
      ${bar(line, x)}
      <span class="amount" title=${exact(line.actual, metric.currency ?? "")}>${shown(line.actual)}</span>
      <span class="share">${line.percentage === null ? "" : `${shownPercentage(line.percentage)} %`}</span>
    </li>`)}</ul>
    ${lines.length > most ? html`<p class="note">and ${lines.length - most} more in the table</p>` : nothing}`;
}

/**
 * @param {Line} line
 * @param {import("d3-scale").ScaleLinear<number, number>} x
 */
function bar(line, x) {
  const rect = (/** @type {string} */ name, /** @type {string | null} */ amount, /** @type {number} */ y, /** @type {number} */ height) => {
    if (amount === null) return nothing;
    const [from, to] = [x(0), x(Number(amount))];
    return svg`<rect class=${name} x="${Math.min(from, to).toFixed(3)}%" y=${y} width="${Math.abs(to - from).toFixed(3)}%" height=${height}></rect>`;
  };
  return html`<svg class="bar-row" role="img" aria-label=${sentence(line)} width="100%" height="24">
    ${rect("before", line.before, 2, 8)}
    ${rect("actual", line.actual, 8, 10)}
    ${rect("plan", line.target, 5, 16)}
  </svg>`;
}

/** @param {Line} line */
function sentence(line) {
  const unit = line.metric.currency ?? "";
  const words = [`${line.label}: ${exact(line.actual, unit)}`];
  if (line.target !== null) words.push(`target ${exact(line.target, unit)}`);
  if (line.percentage !== null) words.push(`${shownPercentage(line.percentage)} percent`);
  if (line.before !== null) words.push(`the period before ${exact(line.before, unit)}`);
  return words.join(", ");
}
