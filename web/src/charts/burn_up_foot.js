/**
 * What is said below a burn-up: since when it is known, and where its projection is from.
 *
 * @typedef {import("./burn_up_plan.js").Plan} Plan
 */

import { html, nothing } from "lit";

import { shownDay, shownMoment } from "../words/moments.js";

/**
 * @param {Plan} plan
 * @param {object} source
 * @param {import("../live/history.js").Past} source.past
 * @param {any} source.report Its row of the report on attainment, if there is one.
 * @param {string | number | Date | null} source.reportedAt
 * @param {boolean} source.isReported Whether it has been asked how it will end.
 */
export function burnUpFoot(plan, { past, report, reportedAt, isReported }) {
  const first = past.entries?.[0];
  const isCut = first && Date.parse(first.at) > plan.from;
  const isDated = plan.points.some((one) => one.isByDate);
  return html`<p class="list-foot">${isCut ? html`<span>Known since ${shownDay(Date.parse(first.at))}${isDated ? "; before, by the dates of the records that count now" : ""}.</span>` : nothing}${isReported ? projection(plan, report, reportedAt) : nothing}</p>`;
}

/**
 * @param {Plan} plan
 * @param {any} report
 * @param {string | number | Date | null} reportedAt
 */
function projection(plan, report, reportedAt) {
  if (report?.finish && plan.finish) return html`<span>Projection: from its rates so far and what is in progress, as of ${shownMoment(reportedAt ?? 0)}.</span>`;
  return html`<span>No projection${plan.now >= plan.to ? ": the period is over" : report ? ": too early, nothing measured, or it stands still" : " is to be had at the moment"}.</span>`;
}
