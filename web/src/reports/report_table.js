/**
 * Attainment as a table, each column to sort by.
 *
 * @typedef {import("./rows.js").Group} Group
 * @typedef {import("./rows.js").Line} Line
 * @typedef {import("./rows.js").SortKey} SortKey
 */

import { html, nothing } from "lit";

import { exactChange, shownChange } from "../words/changes.js";
import { exact, shown, shownPercentage } from "../words/numbers.js";

/** @type {Record<string, string>} */
export const BY_WORDS = { owner: "Owner", team: "Team", period: "Period", metric: "Metric", goal: "Goal" };

/**
 * @param {Group[]} groups
 * @param {object} view
 * @param {string} view.by
 * @param {boolean} view.hasBefore Whether the period before is compared with.
 * @param {SortKey} view.sort
 * @param {boolean} view.isFalling
 * @param {((sort: SortKey) => void) | null} view.onSort Null: it is only looked at.
 */
export function reportTable(groups, { by, hasBefore, sort, isFalling, onSort }) {
  /** @type {[SortKey, string][]} */
  const columns = [
    ["label", BY_WORDS[by] ?? by],
    ["goals", "Goals"],
    ["actual", "Actual"],
    ["target", "Target"],
    ["percentage", "%"],
    ["gap", "To target"],
    ...(hasBefore ? /** @type {[SortKey, string][]} */ ([["before", "Period before"], ["change", "Change"]]) : []),
  ];
  const head = ([key, words] = columns[0]) => html`<th scope="col" class=${key === "label" ? "" : `number ${key}`} aria-sort=${key === sort ? (isFalling ? "descending" : "ascending") : nothing}>
    ${onSort ? html`<button type="button" class="sorter" @click=${() => onSort(key)}>${words}<span aria-hidden="true">${key === sort ? (isFalling ? " ↓" : " ↑") : ""}</span></button>` : words}
  </th>`;
  return html`<div class="wide" tabindex="0" role="group" aria-label="Attainment in numbers"><table class="sheet report">
    <thead><tr>${columns.map(head)}</tr></thead>
    ${groups.map(({ metric, lines }) => html`<tbody>
      <tr class="group"><th scope="rowgroup" colspan=${columns.length}>${metric.name}${metric.currency && `, ${metric.currency}`}</th></tr>
      ${lines.map((line) => row(line, hasBefore))}
    </tbody>`)}
  </table></div>`;
}

/**
 * @param {Line} line
 * @param {boolean} hasBefore
 */
function row(line, hasBefore) {
  const unit = line.metric.currency ?? "";
  const amount = (/** @type {string} */ name, /** @type {string | null} */ text) => html`<td class="number ${name}" title=${exact(text, unit)}>${shown(text)}</td>`;
  const apart = (/** @type {string} */ name, /** @type {string | null} */ text) => html`<td class="number ${name}" title=${exactChange(text, unit)}>${shownChange(text)}</td>`;
  return html`<tr>
    <td title=${line.label}>${line.link ? html`<a href=${line.link}>${line.label}</a>` : line.label}</td>
    <td class="number goals">${line.goals.toLocaleString()}</td>
    ${amount("actual", line.actual)}
    ${amount("target", line.target)}
    <td class="number percentage" title=${line.percentage === null ? "no target" : `${exact(line.percentage)} %`}>${shownPercentage(line.percentage)}</td>
    ${apart("gap", line.gap)}
    ${hasBefore ? [amount("before", line.before), apart("change", line.change)] : nothing}
  </tr>`;
}
