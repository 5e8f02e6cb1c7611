/**
 * What needs attention: goals behind their pace, by how much they lack, metric by metric.
 *
 * @typedef {import("../live/attainment.js").Row} Row
 * @typedef {{metric: Row["metric"], rows: Row[], more: number}} Group
 */

import { compare, signOf } from "../words/decimals.js";

const NEEDY = new Set(["behind", "at_risk"]);

/**
 * Return the goals that lack most, of each metric; the metric with most of them first.
 *
 * Units of different metrics do not compare, so they are never put into one order.
 *
 * @param {Row[]} rows
 * @returns {Group[]}
 */
export function needyOf(rows, most = 8) {
  /** @type {Map<string, Row[]>} */
  const byMetric = new Map();
  for (const row of rows) {
    if (row.state !== "open" || !NEEDY.has(row.pace.status ?? "") || row.pace.gap === null) continue;
    const known = byMetric.get(row.metric.id);
    if (known) known.push(row);
    else byMetric.set(row.metric.id, [row]);
  }
  return [...byMetric.values()]
    .sort((one, other) => other.length - one.length || one[0].metric.name.localeCompare(other[0].metric.name))
    .map((found) => {
      const sorted = found.sort(byGap);
      return { metric: sorted[0].metric, rows: sorted.slice(0, most), more: Math.max(0, sorted.length - most) };
    });
}

/**
 * @param {Row} one
 * @param {Row} other
 */
function byGap(one, other) {
  return compare(one.pace.gap ?? "0", other.pace.gap ?? "0") || one.title.localeCompare(other.title);
}

/** Return the goals that were below their target and are not now. @param {Row[]} rows */
export function reachedOf(rows) {
  return rows
    .filter(({ target, values, earlier }) => {
      if (target === null || values.actual === null || signOf(target) <= 0) return false;
      return compare(values.actual, target) >= 0 && compare(earlier?.values.actual ?? "0", target) < 0;
    })
    .sort((one, other) => compare(other.target ?? "0", one.target ?? "0"));
}
