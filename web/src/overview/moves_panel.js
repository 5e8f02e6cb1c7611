/**
 * What moved a goal, drawn.
 *
 * @typedef {import("../live/attainment.js").Row} Row
 */

import { html } from "lit";

import { waterfall } from "../charts/waterfall.js";
import { signOf } from "../words/decimals.js";
import { shownTime } from "../words/numbers.js";
import { movesOf } from "./moves.js";

export const waiting = html`<p class="empty" aria-busy="true">Being worked out …</p>`;

/** @param {Date} instant */
export function shownInstant(instant) {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(instant);
}

/**
 * @param {Row | undefined} row
 * @param {import("../live/attainment.js").FreshReport} report
 * @param {string} span
 */
export function movesPanel(row, report, span) {
  if (!report.isKnown || !report.since || !report.asOf) return waiting;
  const moves = row && movesOf(row, report.items.filter((one) => one.parent_id === row.goal_id));
  if (!row || !moves) return html`<p class="empty">It is not measured yet, so nothing has moved.</p>`;
  const unit = row.metric.currency ?? "";
  const [then, now] = [shownInstant(report.since), shownTime(report.asOf)];
  return html`<p class="about">${row.metric.name}${unit && `, ${unit}`} · ${moves.isNew ? `it was not there on ${then}` : `since ${then}`}</p>
    ${signOf(moves.change) === 0 && moves.steps.length === 0
      ? html`<p class="empty">Nothing has changed ${span}.</p>`
      : waterfall(moves, {
          caption: `What moved ${row.title} ${span}: from ${moves.start} to ${moves.end}`,
          unit,
          start: moves.isNew ? "Before" : then,
          end: `Now, ${now}`,
          linkOf: (step) => (step.id ? html`<a href="/goals/${encodeURIComponent(step.id)}">${step.label}</a>` : step.label),
        })}`;
}
