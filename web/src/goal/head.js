/**
 * The head of a goal: whose it is, where it stands, and what it counts. Its numbers are
 * live, and each is a door to the records behind it.
 *
 * @typedef {import("./goal_source.js").GoalSource} GoalSource
 * @typedef {import("../live/messages.js").Goal} Goal
 */

import { html, nothing } from "lit";

import { bullet } from "../parts/bullet.js";
import { changing } from "../parts/changing.js";
import { badgesOf } from "../tree/words.js";
import { shownMoment } from "../words/moments.js";
import { ABSENT, exact, shown, shownPercentage, shownPeriod } from "../words/numbers.js";
import { MARKS, elapsedShare, statusOf } from "../words/pace.js";
import { ruleOf } from "./rule.js";

/** Return a goal as the stream tells of it, from what was asked for. @param {any} picture @returns {Goal} */
export function asLive(picture) {
  return {
    goal_id: picture.id,
    incarnation: 0,
    revision: picture.revision ?? 0,
    tree_id: picture.tree_id,
    parent_id: picture.parent_id,
    title: picture.title,
    metric_id: picture.metric_id,
    owner: picture.owner,
    manager_id: picture.manager_id,
    state: picture.state,
    period: { start: picture.period.start, end: picture.period.end, time_zone: picture.time_zone },
    target: picture.target,
    stretch_target: picture.stretch_target,
    values: picture.values,
    percentage: picture.percentage,
    is_overridden: picture.is_overridden,
    rollup: picture.rollup,
    updated_at: picture.as_of ?? "",
    caused_by: [],
  };
}

/** @param {GoalSource} source */
export function head(source) {
  const goal = source.live ?? asLive(source.picture);
  const unit = source.frame.directory.unitOf(goal.metric_id);
  return html`<div class="goal-title">
      ${breadcrumb(source)}
      <h1>${goal.title}</h1>
      <span class="badges">${badges(goal, source.report, unit)}</span>
    </div>
    <dl class="figures">${figures(source, goal, unit)}</dl>
    <div class="bullet-line">${bullet(goal, unit)}</div>
    <p class="rule">${sentences(source)}</p>
    <dl class="facts">${facts(source, goal).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** @param {GoalSource} source */
function breadcrumb({ frame, id, picture }) {
  const path = [];
  let above = frame.goals.get(frame.goals.parentOf(id) ?? picture.parent_id);
  while (above) {
    path.unshift(above);
    above = frame.goals.get(frame.goals.parentOf(above.goal_id));
  }
  return html`<nav aria-label="Above this goal" class="breadcrumb"><ol>
    <li><a href="/">Goals</a></li>
    ${path.map((one) => html`<li><a href=${`/goals/${encodeURIComponent(one.goal_id)}`}>${one.title}</a></li>`)}
  </ol></nav>`;
}

/**
 * @param {Goal} goal
 * @param {GoalSource["report"]} report
 * @param {string} unit
 */
function badges(goal, report, unit) {
  const found = badgesOf(goal, report ?? undefined, unit);
  const { state } = goal;
  if (state !== "open") found.unshift({ kind: state, text: state, why: "it stands still, and goes on counting in its parent" });
  return found.map(({ kind, text, why }) => html`<span class="badge ${kind}" title=${why}>${text}</span>`);
}

/**
 * @param {GoalSource} source
 * @param {Goal} goal
 * @param {string} unit
 */
function figures(source, goal, unit) {
  const word = statusOf(goal);
  const { actual, in_progress: open, custom } = goal.values;
  const door = (/** @type {string} */ field) => `/goals/${encodeURIComponent(goal.goal_id)}/explain?field=${field}`;
  const { report } = source;
  const measured = source.frame.directory.metric(goal.metric_id)?.rollup_fields ?? {};
  return [
    figure("Actual", html`<a class="door" href=${door("actual")} title=${exact(actual, unit)}>${changing(shown(actual))}</a>${unit ? html` <small>${unit}</small>` : nothing}`, "first"),
    figure("Target", html`<span title=${goal.target === null ? "no target" : exact(goal.target, unit)}>${shown(goal.target)}</span>`),
    figure("Of target", html`<a class="door" href=${door("actual")} title=${goal.percentage === null ? "no target" : `${exact(goal.percentage)} %`}>${changing(shownPercentage(goal.percentage))}</a>${goal.percentage === null ? nothing : html` <small>%</small>`}`),
    figure("Pace", status(goal, word)),
    measured.in_progress ? figure("In progress", html`<a class="door" href=${door("in_progress")} title=${exact(open, unit)}>${changing(shown(open))}</a>`) : nothing,
    measured.custom ? figure("Third measure", html`<a class="door" href=${door("custom")} title=${exact(custom, unit)}>${changing(shown(custom))}</a>`) : nothing,
    goal.stretch_target === null ? nothing : figure("Stretch target", html`<span title=${exact(goal.stretch_target, unit)}>${shown(goal.stretch_target)}</span>`),
    report?.finish ? figure("Projected finish", finish(source, unit)) : nothing,
  ];
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {string} [kind]
 */
function figure(name, value, kind = "") {
  return html`<div class=${kind}><dt>${name}</dt><dd>${value}</dd></div>`;
}

/**
 * @param {Goal} goal
 * @param {import("../words/pace.js").Standing | null} word
 */
function status(goal, word) {
  const share = shownPercentage(String(elapsedShare(goal.period) * 100));
  if (word === null) return html`<span class="status" data-status="none">${ABSENT}</span>`;
  return html`<span class="status" data-status=${word} title=${`${share} % of the period has passed`}><span class="mark" aria-hidden="true">${MARKS[word]}</span>${word}</span> <small>at ${share} %</small>`;
}

/**
 * @param {GoalSource} source
 * @param {string} unit
 */
function finish({ report, reportedAt }, unit) {
  const { low, expected, high } = report.finish;
  const words = `expected ${exact(expected, unit)}, between ${exact(low, unit)} and ${exact(high, unit)}; as of ${shownMoment(reportedAt ?? 0)}`;
  return html`<span title=${words}>${low === high ? shown(low) : html`${shown(low)} – ${shown(high)}`}</span>`;
}

/** @param {GoalSource} source */
function sentences({ picture, frame, queryNames }) {
  const { directory } = frame;
  const metric = directory.metric(picture.metric_id);
  if (!metric) return nothing;
  const rules = ruleOf(picture, metric, {
    owner: directory.nameOf(picture.owner),
    manager: directory.nameOf({ type: "user", id: picture.manager_id }),
    period: shownPeriod(picture.period),
    query: (id) => queryNames[id] ?? id,
  });
  const [first, ...more] = rules;
  if (!first) return "This metric measures nothing yet.";
  return html`${first.text}${more.map(({ text }) => html`<br><span class="quiet">${text}</span>`)}`;
}

/**
 * @param {GoalSource} source
 * @param {Goal} goal
 * @returns {[string, unknown][]}
 */
function facts({ picture, frame }, goal) {
  const { directory } = frame;
  /** @type {[string, unknown][]} */
  const found = [
    ["Owner", `${directory.nameOf(goal.owner)}${goal.owner.type === "team" ? " (team)" : ""}`],
    ["Manager", directory.nameOf({ type: "user", id: goal.manager_id })],
    ["Metric", html`<a href=${`/manage/metrics?id=${encodeURIComponent(goal.metric_id)}`}>${directory.metricName(goal.metric_id)}</a>`],
    ["Period", `${shownPeriod(goal.period)} (${goal.period.time_zone})`],
  ];
  if (picture.cloned_from) found.push(["Continues", html`<a href=${`/goals/${encodeURIComponent(picture.cloned_from)}`}>${frame.goals.get(picture.cloned_from)?.title ?? picture.cloned_from}</a>`]);
  const { override } = picture;
  if (override) {
    const by = override.by ? ` by ${override.by}` : "";
    found.push([picture.is_overridden ? "Locked" : "Overridden", `${override.reason ?? "no reason given"} (${shownMoment(override.at)}${by})`]);
  }
  if (goal.rollup.error) found.push(["Error", html`<span class="bad">${goal.rollup.error}</span>`]);
  return found;
}
