/**
 * A goal in short: where it is, where it should be today, and where it may end.
 *
 * The number is live; pace and finish are of the report's instant.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../live/attainment.js").Row} Row
 * @typedef {import("../live/directory.js").Directory} Directory
 */

import { html, nothing } from "lit";

import { bullet } from "../parts/bullet.js";
import { changing } from "../parts/changing.js";
import { exactChange, shownChange } from "../words/changes.js";
import { exact, shown, shownPercentage, shownPeriod } from "../words/numbers.js";
import { MARKS, statusOf } from "../words/pace.js";
import { elapsedPercent } from "./roots.js";

/**
 * @param {Goal} goal
 * @param {Row | undefined} row
 * @param {Directory} directory
 * @param {unknown} [foot] What stands below.
 */
export function goalCard(goal, row, directory, foot = nothing) {
  const unit = directory.unitOf(goal.metric_id);
  const about = [directory.metricName(goal.metric_id), shownPeriod(goal.period)].join(" · ");
  return html`<header class="card-head">
      <h2><a href="/goals/${encodeURIComponent(goal.goal_id)}">${goal.title}</a></h2>
      ${status(goal)}
    </header>
    <p class="about">${about}</p>
    <p class="figure">
      <span class="value" title=${exact(goal.values.actual, unit)}>${changing(shown(goal.values.actual))}</span>
      ${goal.percentage === null ? nothing : html`<span class="percentage" title="${exact(goal.percentage)} %">${changing(`${shownPercentage(goal.percentage)} %`)}</span>`}
    </p>
    <p class="of" title=${goal.target === null ? "no target" : exact(goal.target, unit)}>${goal.target === null ? "no target" : `of ${shown(goal.target)}${unit && ` ${unit}`}`}</p>
    ${bullet(goal, unit)}
    <dl class="facts">
      <div><dt>Pace today, ${elapsedPercent(goal)} % elapsed</dt><dd title=${exact(row?.pace.target, unit)}>${shown(row?.pace.target)}</dd></div>
      <div><dt>Gap to pace</dt><dd title=${exactChange(row?.pace.gap, unit)}>${shownChange(row?.pace.gap)}</dd></div>
      <div><dt>Projected finish</dt><dd title=${finishTitle(row, unit)}>${finish(row)}</dd></div>
    </dl>
    ${foot}`;
}

/** @param {Goal} goal */
export function status(goal) {
  const word = statusOf(goal);
  if (word === null) return nothing;
  return html`<p class="status" data-status=${word}><span class="mark" aria-hidden="true">${MARKS[word]}</span>${word}</p>`;
}

/** @param {Row | undefined} row */
function finish(row) {
  if (!row?.finish) return "—";
  const { low, high } = row.finish;
  return low === high ? shown(low) : `${shown(low)} – ${shown(high)}`;
}

/**
 * @param {Row | undefined} row
 * @param {string} unit
 */
function finishTitle(row, unit) {
  if (!row) return "not known yet";
  if (!row.finish) return "not projected: too early, over, or it stands still";
  return `${exact(row.finish.expected, unit)} at the rate of the whole period so far`;
}
