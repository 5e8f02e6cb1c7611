/**
 * The two lists of the overview, drawn: what needs attention, and what was reached.
 *
 * @typedef {import("../live/attainment.js").Row} Row
 * @typedef {import("../live/goals.js").Goals} Goals
 * @typedef {import("./attention.js").Group} Group
 */

import { html } from "lit";

import { exactChange, shownChange } from "../words/changes.js";
import { exact, shown, shownAge, shownPercentage } from "../words/numbers.js";
import { MARKS } from "../words/pace.js";

/**
 * @param {Group[]} groups
 * @param {Goals} goals
 */
export function attentionList(groups, goals, now = Date.now()) {
  if (groups.length === 0) {
    return html`<p class="empty">Nothing: every goal that can be judged is on pace or ahead.</p>`;
  }
  return html`<table class="sheet attention">
    <thead><tr>
      <th scope="col">Goal</th><th scope="col" class="owner">Owner</th><th scope="col">Pace</th>
      <th scope="col" class="number">Gap to pace</th><th scope="col" class="number last">Last change</th>
    </tr></thead>
    ${groups.map((group) => groupBody(group, goals, now))}
  </table>`;
}

/**
 * @param {Group} group
 * @param {Goals} goals
 * @param {number} now
 */
function groupBody({ metric, rows, more }, goals, now) {
  const unit = metric.currency ?? "";
  return html`<tbody>
    <tr class="group"><th scope="rowgroup" colspan="5">${metric.name}${unit && `, ${unit}`}</th></tr>
    ${rows.map((row) => html`<tr>
      <td>${link(row)}</td>
      <td class="owner">${ownerOf(row)}</td>
      <td>${standing(row)}</td>
      <td class="number" title=${exactChange(row.pace.gap, unit)}>${shownChange(row.pace.gap)}</td>
      <td class="number last">${lastChange(goals.get(row.goal_id)?.updated_at, now)}</td>
    </tr>`)}
    ${more > 0 ? html`<tr class="more"><td colspan="5">and ${more} more with a smaller gap</td></tr>` : ""}
  </tbody>`;
}

/** @param {Row[]} rows */
export function reachedList(rows) {
  if (rows.length === 0) return html`<p class="empty">No goal has come to its target in this time.</p>`;
  return html`<ul class="reached">${rows.map((row) => {
    const unit = row.metric.currency ?? "";
    return html`<li>
      <span class="mark" aria-hidden="true">✓</span>${link(row)}
      ${ownerOf(row) === row.title ? "" : html`<span class="quiet">${ownerOf(row)}</span>`}
      <span class="number" title=${exact(row.values.actual, unit)}>${shown(row.values.actual)} of ${shown(row.target)}${unit && ` ${unit}`} · ${shownPercentage(row.percentage)} %</span>
    </li>`;
  })}</ul>`;
}

/** @param {Row} row */
function ownerOf({ owner }) {
  return owner.name ?? owner.id;
}

/** @param {Row} row */
export function link({ goal_id: id, title }) {
  return html`<a href="/goals/${encodeURIComponent(id)}">${title}</a>`;
}

/** @param {Row} row */
function standing(row) {
  const word = /** @type {keyof typeof MARKS} */ ((row.pace.status ?? "").replace("_", " "));
  return html`<span class="status" data-status=${word}><span class="mark" aria-hidden="true">${MARKS[word]}</span>${word}</span>`;
}

/**
 * @param {string | undefined} instant
 * @param {number} now
 */
function lastChange(instant, now) {
  if (!instant) return "—";
  const age = now - Date.parse(instant);
  const days = Math.floor(age / 86_400_000);
  return `${days > 1 ? `${days} days` : shownAge(age)} ago`;
}
