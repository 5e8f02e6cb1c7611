/**
 * What runs and what it has to do: services, rollup's processes, partitions.
 *
 * @typedef {import("./messages.js").Picture} Picture
 * @typedef {import("./messages.js").Partition} Partition
 * @typedef {import("./messages.js").Process} Process
 */

import { html, nothing, svg } from "lit";

import { ABSENT, exact } from "../words/numbers.js";
import { ago, count, duration, exactDuration, section, state, time } from "./words.js";

/** @param {Picture} picture */
export function services({ services }) {
  const rows = services.map(
    (service) => html`<tr>
      <th scope="row" title=${service.url ?? ""}>${service.name}</th>
      <td>${service.ready ? state("good", "✓", "ready") : state("bad", "▼", "not ready")}</td>
      <td class="why">${service.reason ?? nothing}</td>
      <td class="number" title=${exactDuration(service.milliseconds)}>${duration(service.milliseconds)}</td>
    </tr>`,
  );
  return section(
    "Services",
    html`<table class="plain">
      <thead><tr><th scope="col">Service</th><th scope="col">State</th><th scope="col">Reason</th><th scope="col" class="number">Answered in</th></tr></thead>
      <tbody>${rows}</tbody>
    </table>`,
    { id: "services" },
  );
}

const STATES = {
  running: state("good", "●", "running"),
  silent: state("bad", "▼", "silent"),
  stopped: state("quiet", "■", "stopped"),
};

/** @param {Picture} picture */
export function processes({ processes, at }) {
  if (!processes.length) {
    return section("Rollup processes", html`<p class="nothing">No process has told of itself within the last hour. Start the service rollup, or look at its log.</p>`, { id: "processes" });
  }
  return section(
    "Rollup processes",
    html`<table class="plain">
      <thead><tr>
        <th scope="col">Process</th><th scope="col">State</th><th scope="col" class="minor">Last word</th>
        <th scope="col" class="number minor">Partitions</th><th scope="col" class="number minor"><abbr title="groups of trees that it climbs, of 16">Groups</abbr></th>
        <th scope="col" class="number">Records/s</th><th scope="col" class="number">p50</th><th scope="col" class="number minor">p95</th><th scope="col" class="number">p99</th>
      </tr></thead>
      <tbody>${processes.map((process) => processRow(process, at))}</tbody>
    </table>`,
    { id: "processes", remark: "rates and latencies of the last minute" },
  );
}

/**
 * @param {Process} process
 * @param {string} at
 */
function processRow(process, at) {
  const { latency } = process;
  const percentile = (/** @type {number | null} */ value, kind = "") =>
    html`<td class="number ${kind}" title="${exactDuration(value)}, ${count(latency.records)} records">${duration(value)}</td>`;
  return html`<tr>
    <th scope="row" title="started ${process.started_at}">${process.name}</th>
    <td>${STATES[process.state]}</td>
    <td class="quiet minor" title=${process.seen_at}>${ago(process.stopped_at ?? process.seen_at, at)}</td>
    <td class="number minor" title=${process.partitions.join(", ")}>${process.partitions.length}</td>
    <td class="number minor" title=${process.tree_groups.join(", ")}>${process.tree_groups.length}</td>
    <td class="number" title="since ${process.measured_since}">${count(Number(process.records_per_second.toPrecision(3)))}</td>
    ${percentile(latency.p50_milliseconds)}${percentile(latency.p95_milliseconds, "minor")}${percentile(latency.p99_milliseconds)}
  </tr>`;
}

/** @param {Picture} picture */
export function partitions({ partitions, processes, kafka }) {
  const names = new Map(processes.map((process) => [process.id, process.name]));
  const largest = Math.max(1, ...partitions.map((one) => one.lag ?? 0));
  const away = kafka.answers ? nothing : html`<p class="fault" role="alert">${state("bad", "▼", "Kafka does not say where its topics end:")} ${kafka.reason}</p>`;
  return section(
    "Partitions",
    html`${away}
      <table class="plain">
        <thead><tr>
          <th scope="col">Topic</th><th scope="col" class="number">No.</th><th scope="col" class="number minor">Applied</th><th scope="col" class="number minor">End</th>
          <th scope="col" class="number">Lag</th><th scope="col" class="lag-bar"><span class="unseen">Lag as a bar</span></th><th scope="col">Read by</th>
        </tr></thead>
        <tbody>${partitions.map((one, index) => partitionRow(one, { largest, names, isFirst: one.topic !== partitions[index - 1]?.topic }))}</tbody>
      </table>`,
    { id: "partitions", remark: "lag: records that are not applied yet" },
  );
}

/**
 * @param {Partition} one
 * @param {{largest: number, names: Map<string, string>, isFirst: boolean}} more
 */
function partitionRow(one, { largest, names, isFirst }) {
  const reader = one.process_id === null ? undefined : names.get(one.process_id);
  return html`<tr>
    <th scope="row" class="why"><span class=${isFirst ? "" : "unseen"}>${one.topic}</span></th>
    <td class="number">${one.partition}</td>
    <td class="number minor">${exactCount(one.applied_offset)}</td>
    <td class="number minor">${exactCount(one.end_offset)}</td>
    <td class="number lag" title=${exact(one.lag === null ? null : String(one.lag))}>${count(one.lag)}</td>
    <td class="lag-bar">${one.lag === null ? nothing : bar(one.lag / largest)}</td>
    <td class=${one.reason ? "why" : "quiet"}>${one.reason ?? reader ?? ABSENT}</td>
  </tr>`;
}

/** @param {number | null} offset */
function exactCount(offset) {
  return offset === null ? ABSENT : exact(String(offset));
}

/** @param {number} share */
function bar(share) {
  return html`<svg height="8" aria-hidden="true">${svg`<rect class="track" width="100%" height="8"></rect>
    <rect class="actual" width="${(share * 100).toFixed(2)}%" height="8"></rect>`}</svg>`;
}

/** @param {Picture} picture */
export function outbox({ outbox }) {
  const rows = [
    { name: "Definitions to announce", number: outbox.definitions, who: "goals", since: outbox.oldest_definition_at },
    { name: "Changes of goals to announce", number: outbox.announcements, who: "rollup", since: null },
    { name: "Deltas that have not climbed", number: outbox.deltas, who: "rollup", since: null },
  ];
  return section(
    "Outbox",
    html`<table class="plain">
      <thead><tr><th scope="col">Waits</th><th scope="col">In</th><th scope="col" class="number">How many</th></tr></thead>
      <tbody>${rows.map(
        ({ name, number, who, since }) => html`<tr>
          <th scope="row">${name}${since ? html`<span class="quiet">, since ${time(since)}</span>` : nothing}</th>
          <td class="quiet">${who}</td><td class="number">${count(number)}</td>
        </tr>`,
      )}</tbody>
    </table>`,
    { id: "outbox" },
  );
}
