/**
 * What is worked at, and whether it is right: jobs, goals by state, the verification.
 *
 * @typedef {import("./messages.js").Picture} Picture
 * @typedef {import("./messages.js").Rederivation} Rederivation
 * @typedef {import("./messages.js").Recalculation} Recalculation
 * @typedef {{name: string, goals: unknown, state: unknown, read: number, expected: number | null, since: string}} Job
 */

import { html, nothing } from "lit";

import { ABSENT, exact, shown } from "../words/numbers.js";
import { count, counted, goalLink, section, state, time } from "./words.js";

const REASONS = {
  goals_changed: "Goals changed",
  recalculation: "Recalculation",
  records_changed: "Records changed that others depend on",
  time_passed: "A day began",
};
const STATES = {
  waiting: state("quiet", "○", "waiting"),
  queued: state("quiet", "○", "waiting"),
  reading: state("good", "●", "reading"),
  comparing: state("good", "◔", "comparing"),
  ending: state("good", "◔", "ending"),
};

/** @param {Picture} picture */
export function jobs({ rederivations, recalculations }) {
  const shownOnes = new Set(recalculations.map((one) => one.id));
  const all = [
    ...recalculations.map(asked),
    // A recalculation stands there once, though it re-derives.
    ...rederivations.filter((one) => !shownOnes.has(one.recalculation_id ?? "")).map(derived),
  ];
  const content = all.length
    ? html`<table class="plain">
        <thead><tr><th scope="col">Why</th><th scope="col">Goals</th><th scope="col">State</th><th scope="col">Records read</th><th scope="col" class="minor">Since</th></tr></thead>
        <tbody>${all.map(jobRow)}</tbody>
      </table>`
    : html`<p class="nothing">${state("good", "✓", "Nothing is being re-derived.")}</p>`;
  return section("Re-derivations", content, { id: "jobs", remark: all.length >= 100 ? "the oldest hundred" : nothing });
}

/** @param {Recalculation} one @returns {Job} */
function asked(one) {
  return {
    name: one.asked_by ? `Recalculation, asked by ${one.asked_by}` : "Recalculation",
    goals: one.goal_id === null ? ABSENT : goalLink(one.goal_id),
    state: STATES[one.status],
    read: one.records_read,
    expected: one.records_expected,
    since: one.asked_at,
  };
}

/** @param {Rederivation} one @returns {Job} */
function derived(one) {
  const [first] = one.goal_ids;
  const more = one.goals - 1;
  return {
    name: REASONS[one.reason],
    goals: first === undefined ? ABSENT : html`${goalLink(first)}${more > 0 ? ` and ${count(more)} more` : nothing}`,
    state: STATES[one.state],
    read: one.records_read,
    expected: one.records_expected,
    since: one.queued_at,
  };
}

/** @param {Job} job */
function jobRow({ name, goals, state: standing, read, expected, since }) {
  const words = expected === null ? count(read) : `${count(read)} of about ${count(expected)}`;
  const bar = html`<progress max=${Math.max(expected ?? 0, read, 1)} .value=${read} aria-label="${name}: ${words} records read"></progress>`;
  return html`<tr>
    <th scope="row" class="why">${name}</th>
    <td class="why">${goals}</td>
    <td>${standing}</td>
    <td class="progress">${expected === null ? nothing : bar}<span>${words}</span></td>
    <td class="why quiet minor">${time(since)}</td>
  </tr>`;
}

/** @param {Picture} picture */
export function goals({ goals }) {
  const since = goals.oldest_computing_since;
  const rows = [
    [state("good", "●", "current"), goals.current, nothing],
    [state(goals.computing ? "warn" : "quiet", "◔", "computing"), goals.computing, since ? html`<span class="quiet">the oldest since ${time(since)}</span>` : nothing],
    [state(goals.failed ? "bad" : "quiet", "▼", "failed"), goals.failed, nothing],
    [state("quiet", "■", "frozen"), goals.frozen, html`<span class="quiet">closed or discarded</span>`],
  ];
  return section(
    "Goals",
    html`<table class="plain">
      <thead><tr><th scope="col">State</th><th scope="col"><span class="unseen">Remark</span></th><th scope="col" class="number">Goals</th></tr></thead>
      <tbody>${rows.map(([name, number, remark]) => html`<tr><th scope="row">${name}</th><td class="why">${remark}</td><td class="number">${count(/** @type {number} */ (number))}</td></tr>`)}</tbody>
    </table>`,
    { id: "by-state", remark: html`those that you may read, <a href="/">in the tree</a>` },
  );
}

/** @param {Picture} picture */
export function verification({ verification }) {
  if (!verification) {
    return section("Verification", html`<p class="nothing">It has not run yet. It recounts every goal from its records: <code>cairn verify</code></p>`, { id: "verification" });
  }
  const { at, by, seconds, is_clean: isClean, difference_count: found } = verification;
  const words = found === null ? "totals differ from records" : `${counted(found, "difference")} from the records`;
  const facts = [
    ["When", time(at)],
    ["By", by],
    ["Took", html`<span title=${exact(String(seconds), "s")}>${shown(seconds.toFixed(1))} s</span>`],
    ["Goals", count(verification.goals)],
    ["Checks", count(verification.checks)],
    ...(verification.computing ? [["Still computing", count(verification.computing)]] : []),
  ];
  return section(
    "Verification",
    html`<p class="verdict">${isClean ? state("good", "✓", "clean: totals are what the records give") : state("bad", "▼", words)}</p>
      <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${verification.differences.length ? differences(verification) : nothing}`,
    { id: "verification" },
  );
}

/** @param {NonNullable<Picture["verification"]>} verification */
function differences({ differences, difference_count: found }) {
  const rows = differences.map(
    (one) => html`<tr>
      <th scope="row" class="why">${goalLink(one.goal_id)}</th>
      <td class="why" title="check: ${one.check}">${one.field}</td>
      <td class="number">${one.should_be}</td><td class="number">${one.found}</td><td class="number">${one.off_by}</td>
    </tr>`,
  );
  return html`<table class="plain">
      <thead><tr><th scope="col">Goal</th><th scope="col">Field</th><th scope="col" class="number">Should be</th><th scope="col" class="number">Found</th><th scope="col" class="number">Off by</th></tr></thead>
      <tbody>${rows}</tbody>
    </table>
    ${found !== null && found > differences.length ? html`<p class="quiet">The first ${differences.length} of ${count(found)} are shown.</p>` : nothing}`;
}
