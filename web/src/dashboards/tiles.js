/**
 * What each kind of tile shows.
 *
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {import("./layout.js").Tile} Tile
 * @typedef {import("./tile_data.js").TileData} TileData
 * @typedef {import("../live/attainment.js").Row} Row
 */

import "../charts/burn_up.js";

import { html } from "lit";

import { attainmentBars } from "../charts/attainment_bars.js";
import { burnUpFoot } from "../charts/burn_up_foot.js";
import { planOf } from "../charts/burn_up_plan.js";
import { needyOf } from "../overview/attention.js";
import { goalCard } from "../overview/goal_card.js";
import { attentionList } from "../overview/lists.js";
import { movesPanel, waiting } from "../overview/moves_panel.js";
import { reportTable } from "../reports/report_table.js";
import { grouped, lineOf } from "../reports/rows.js";

/** @type {Record<string, string>} */
export const KINDS = {
  goal: "Goal",
  burn_up: "Burn-up",
  waterfall: "What moved a goal",
  attention: "Needs attention",
  attainment: "Attainment",
  text: "Text",
};
/** @type {Record<string, string>} */
export const SPANS = { "1h": "the last hour", "24h": "the last 24 hours", "7d": "the last 7 days" };

/** @param {string} kind @param {string} goalId @returns {Tile} */
export function newTile(kind, goalId) {
  switch (kind) {
    case "goal":
      return { kind, width: 4, goal_id: goalId };
    case "burn_up":
      return { kind, width: 8, goal_id: goalId };
    case "waterfall":
      return { kind, width: 8, goal_id: goalId, since: "24h" };
    case "attention":
      return { kind, width: 6, metric: null };
    case "attainment":
      return { kind, width: 12, by: "owner", show: "chart", metric: null, period: "current", compare: false };
    default:
      return { kind: "text", width: 4, text: "" };
  }
}

/** @param {Tile} tile @param {Frame} frame @param {TileData} data */
export function tileContent(tile, frame, data) {
  switch (tile.kind) {
    case "goal":
      return goalTile(tile, frame, data);
    case "burn_up":
      return burnUpTile(tile, frame, data);
    case "waterfall":
      return waterfallTile(tile, frame, data);
    case "attention":
      return attentionTile(tile, frame, data);
    case "attainment":
      return attainmentTile(tile, data);
    default:
      return html`<p class="words">${tile.text}</p>`;
  }
}

const absent = html`<p class="empty">This goal is not there, or you may not read it.</p>`;

/** @param {{fault: Error | null}} asked */
function unknown({ fault }) {
  return fault ? html`<p class="fault">It could not be read: ${fault.message}</p>` : waiting;
}

/** @param {Tile} tile @param {Frame} frame @param {TileData} data */
function goalTile(tile, frame, data) {
  const goal = frame.goals.get(tile.goal_id);
  if (!goal) return absent;
  return goalCard(goal, data.report({ since: "24h" }).get(goal.goal_id), frame.directory);
}

/** @param {Tile} tile @param {Frame} frame @param {TileData} data */
function burnUpTile(tile, frame, data) {
  const goal = frame.goals.get(tile.goal_id);
  if (!goal) return absent;
  const title = html`<h2><a href="/goals/${encodeURIComponent(goal.goal_id)}">${goal.title}</a></h2>`;
  const { past, fault } = data.history(goal);
  if (!past.entries) return html`${title}${unknown({ fault })}`;
  const report = data.report({ since: "24h" });
  const row = report.items.find((one) => one.goal_id === goal.goal_id);
  const { start, end, time_zone: timeZone } = goal.period;
  const its = { period: { start, end }, time_zone: timeZone, target: goal.target, stretch_target: goal.stretch_target };
  const plan = planOf(its, past, { actual: goal.values.actual, percentage: goal.percentage }, row?.finish ?? null, Date.now());
  const about = { title: goal.title, unit: frame.directory.unitOf(goal.metric_id), timeZone, start, end };
  return html`${title}
    ${fault ? html`<p class="fault">What it showed before could not be read again: ${fault.message}</p>` : ""}
    <burn-up .plan=${plan} .about=${about}></burn-up>
    ${burnUpFoot(plan, { past, report: row, reportedAt: report.asOf, isReported: report.isKnown })}`;
}

/** @param {Tile} tile @param {Frame} frame @param {TileData} data */
function waterfallTile(tile, frame, data) {
  const goal = frame.goals.get(tile.goal_id);
  if (!goal) return absent;
  const report = data.report({ since: tile.since });
  if (!report.isKnown) return unknown(report);
  return html`<h2>What moved: ${goal.title}</h2>${movesPanel(report.get(goal.goal_id), report, `in ${SPANS[tile.since]}`)}`;
}

/** @param {Tile} tile @param {Frame} frame @param {TileData} data */
function attentionTile(tile, frame, data) {
  const report = data.report({ since: "24h" });
  if (!report.isKnown) return unknown(report);
  const rows = report.items.filter((row) => !tile.metric || row.metric.id === tile.metric);
  return html`<h2>Needs attention</h2>${attentionList(needyOf(rows), frame.goals)}`;
}

/** @param {Tile} tile @param {TileData} data */
function attainmentTile(tile, data) {
  const report = data.report({
    by: tile.by,
    ...(tile.metric && { metric: tile.metric }),
    ...(tile.period === "current" && { period: "current" }),
    ...(tile.compare && { compare: "previous" }),
  });
  if (!report.isKnown) return unknown(report);
  const groups = grouped(report.items.map((row) => lineOf(row, tile.by)), "actual", true);
  const title = `Attainment by ${tile.by}`;
  if (groups.length === 0) return html`<h2>${title}</h2><p class="empty">No goal that you may read is of this metric and period.</p>`;
  const view = { by: tile.by, hasBefore: tile.compare, sort: /** @type {const} */ ("actual"), isFalling: true, onSort: null };
  return html`<h2>${title}</h2>${tile.show === "table" ? reportTable(groups, view) : attainmentBars(groups, title)}`;
}
