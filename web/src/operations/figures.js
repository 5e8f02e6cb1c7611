/**
 * The row of figures on top: whether all is well, and where to look if not.
 *
 * @typedef {import("./messages.js").Picture} Picture
 * @typedef {import("./messages.js").RejectedPage} RejectedPage
 */

import { html } from "lit";

import { ABSENT, exact, shown } from "../words/numbers.js";
import { ago, count, counted, duration, exactDuration, state } from "./words.js";

/**
 * @param {Picture} picture
 * @param {number | null} rejected How many are kept; null: Kafka does not say.
 */
export function figures(picture, rejected) {
  const running = picture.processes.filter((process) => process.state === "running");
  return html`<dl class="figures">
    ${lag(picture)}
    ${rate(running)}
    ${latency(running, "p50")}
    ${latency(running, "p99")}
    ${figure("Rejected", rejected === null ? ABSENT : count(rejected), rejected === null ? "Kafka does not say" : "kept by Kafka", "rejected-figure")}
    ${verified(picture)}
    ${ready(picture)}
  </dl>`;
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {unknown} remark
 * @param {string} [kind]
 * @param {string} [title]
 */
function figure(name, value, remark, kind = "", title = "") {
  return html`<div class=${kind}><dt>${name}</dt><dd title=${title}>${value}</dd><dd class="quiet">${remark}</dd></div>`;
}

/** @param {Picture} picture */
function lag({ kafka, partitions }) {
  if (!kafka.answers) return figure("Lag", ABSENT, "Kafka does not answer", "lag-figure");
  const known = partitions.flatMap((one) => one.lag ?? []);
  const total = known.reduce((sum, one) => sum + one, 0);
  const behind = known.filter((one) => one > 0).length;
  const unknown = partitions.length - known.length;
  const remark = unknown ? `${counted(unknown, "partition")} unknown` : `${behind} of ${partitions.length} partitions behind`;
  return figure("Lag", html`${count(total)} <small>${total === 1 ? "record" : "records"}</small>`, remark, "lag-figure", exact(String(total)));
}

/** @param {Picture["processes"]} running */
function rate(running) {
  if (!running.length) return figure("Records per second", ABSENT, "no process of rollup runs");
  const total = running.reduce((sum, one) => sum + one.records_per_second, 0);
  const remark = running.length === 1 ? "over the last minute" : `last minute, ${running.length} processes`;
  return figure("Records per second", shown(total < 10 ? String(Number(total.toPrecision(2))) : total.toFixed(0)), remark, "rate-figure", exact(String(total)));
}

/**
 * Percentiles of several processes cannot be added: the worst one counts.
 *
 * @param {Picture["processes"]} running
 * @param {"p50" | "p99"} which
 */
function latency(running, which) {
  const name = `Record to root, ${which}`;
  const known = running.flatMap((one) => one.latency[`${which}_milliseconds`] ?? []);
  if (!known.length) return figure(name, ABSENT, "no record within a minute", `${which}-figure`);
  const worst = Math.max(...known);
  const records = running.reduce((sum, one) => sum + one.latency.records, 0);
  const remark = known.length === 1 ? `of ${counted(records, "record")}` : `the slowest of ${known.length} processes`;
  return figure(name, duration(worst), remark, `${which}-figure`, exactDuration(worst));
}

/** @param {Picture} picture */
function verified({ verification, at }) {
  if (!verification) return figure("Verification", state("quiet", "○", "not yet"), html`<code>cairn verify</code> has not run`);
  const found = verification.difference_count;
  const words = found === null ? "differs" : counted(found, "difference");
  const value = verification.is_clean ? state("good", "✓", "clean") : state("bad", "▼", words);
  return figure("Verification", value, ago(verification.at, at));
}

/** @param {Picture} picture */
function ready({ services }) {
  const down = services.filter((service) => !service.ready);
  const value = `${services.length - down.length} of ${services.length}`;
  if (!down.length) return figure("Services ready", state("good", "✓", value), "all answer", "ready-figure");
  const names = down.length === 1 ? down[0].name : `${down[0].name} and ${down.length - 1} more`;
  return figure("Services ready", state("bad", "▼", value), names, "ready-figure");
}
