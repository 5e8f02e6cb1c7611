/**
 * A report of attainment: by what, of which metric and period, beside the period before.
 *
 * All that is chosen stands in the address. A report stands still while one reads it; it
 * says of which instant it is, and is read again when asked.
 *
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {import("./rows.js").SortKey} SortKey
 */

import { html, nothing } from "lit";

import { attainmentBars } from "../charts/attainment_bars.js";
import { readReport } from "../live/attainment.js";
import { readAll } from "../live/directory.js";
import { LightElement } from "../parts/light.js";
import { shownPercentage, shownTime } from "../words/numbers.js";
import { BY_WORDS, reportTable } from "./report_table.js";
import { grouped, lineOf, ranked } from "./rows.js";

const PERIODS = { current: "periods that hold today", all: "all periods" };
const DAYS = /^\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d$/;

export class AttainmentReport extends LightElement {
  /** @type {{as_of: string, items: any[]} | null} */
  #answer = null;
  /** @type {Error | null} */
  #fault = null;
  /** @type {Map<string, any>} */
  #metrics = new Map();
  #isKnown = false;
  #isOld = false;
  #isReading = false;
  #turn = 0;

  /** @param {Frame} frame */
  listenTo(frame) {
    frame.onPaint(({ ids }) => {
      if (!ids.size || this.#isOld || !this.#answer) return;
      this.#isOld = true;
      this.requestUpdate();
    });
    addEventListener("popstate", () => this.#read());
    const metrics = readAll("/v1/metrics").then((found) => (this.#metrics = found), () => {});
    // Till both are there, what the server drew says more.
    Promise.all([this.#read(), metrics]).then(() => {
      this.#isKnown = true;
      this.requestUpdate();
    });
  }

  /** @override */
  get isReady() {
    return this.#isKnown;
  }

  get #address() {
    return new URLSearchParams(location.search);
  }

  get #isLeaderboard() {
    return this.#address.get("leaderboard") === "1";
  }

  get #by() {
    return this.#isLeaderboard ? "owner" : (this.#address.get("by") ?? "owner");
  }

  get #period() {
    return this.#address.get("period") ?? "current";
  }

  get #isCompared() {
    return this.#address.get("compare") !== "none";
  }

  get #sort() {
    return /** @type {SortKey} */ (this.#address.get("sort") ?? "actual");
  }

  get #isFalling() {
    return this.#address.get("order") !== "rising";
  }

  /** What the API is asked for. */
  get #query() {
    const metric = this.#address.get("metric");
    return {
      by: this.#by,
      ...(metric && { metric }),
      ...(this.#period !== "all" && { period: this.#period }),
      ...(this.#isCompared && { compare: "previous" }),
    };
  }

  async #read() {
    const turn = ++this.#turn;
    this.#isReading = true;
    this.requestUpdate();
    try {
      const answer = await readReport(this.#query);
      if (turn !== this.#turn) return;
      this.#answer = answer;
      this.#fault = null;
      this.#isOld = false;
    } catch (fault) {
      if (turn !== this.#turn) return;
      this.#answer = null;
      this.#fault = /** @type {Error} */ (fault);
    }
    this.#isReading = false;
    this.requestUpdate();
  }

  /** @override */
  render() {
    const by = this.#by;
    return html`<h1 class="screen-title">${this.#isLeaderboard ? "Leaderboard" : `Attainment by ${(BY_WORDS[by] ?? by).toLowerCase()}`}</h1>
      <p class="about">${this.#aboutWords()}</p>
      ${this.#tools()}
      ${this.#fault ? html`<p class="fault" role="alert">The report could not be read: ${this.#fault.message} <button type="button" @click=${() => this.#read()}>Try again</button></p>` : nothing}
      <div aria-busy=${String(this.#isReading)}>${this.#content()}</div>`;
  }

  #aboutWords() {
    const metric = this.#address.get("metric");
    const words = [
      metric ? (this.#metrics.get(metric)?.name ?? metric) : "all metrics",
      PERIODS[/** @type {keyof typeof PERIODS} */ (this.#period)] ?? this.#period.replace("..", " to "),
    ];
    if (this.#isCompared) words.push("beside the period before");
    if (this.#answer) words.push(`as of ${new Date(this.#answer.as_of).toLocaleDateString()}, ${shownTime(new Date(this.#answer.as_of))}`);
    return words.join(" · ");
  }

  #tools() {
    const metric = this.#address.get("metric") ?? "";
    const links = new URLSearchParams(/** @type {Record<string, string>} */ (this.#query));
    return html`<div class="tools" role="group" aria-label="The report">
      <label>By <select name="by" ?disabled=${this.#isLeaderboard} @change=${this.#chosen}>
        ${Object.entries(BY_WORDS).map(([by, words]) => html`<option value=${by} ?selected=${by === this.#by}>${words.toLowerCase()}</option>`)}
      </select></label>
      <label>Metric <select name="metric" @change=${this.#chosen}>
        <option value="">all</option>
        ${[...this.#metrics.values()].map((one) => html`<option value=${one.id} ?selected=${one.id === metric}>${one.name}</option>`)}
      </select></label>
      ${this.#periodChoice()}
      <label><input type="checkbox" .checked=${this.#isCompared} @change=${() => this.#go({ compare: this.#isCompared ? "none" : null })}> the period before</label>
      <label><input type="checkbox" .checked=${this.#isLeaderboard} @change=${() => this.#go({ leaderboard: this.#isLeaderboard ? null : "1" })}> leaderboard</label>
      <span class="as-of">
        ${this.#isOld ? html`<button type="button" @click=${() => this.#read()}>Numbers have changed: read again</button>` : nothing}
        <a href="/v1/reports/attainment?${links}&format=csv" download>CSV</a>
        <a href="/v1/reports/attainment?${links}&format=xlsx" download>Excel</a>
        <button type="button" @click=${() => print()}>Print</button>
      </span>
    </div>`;
  }

  #periodChoice() {
    const [first, last] = DAYS.test(this.#period) ? this.#period.split("..") : ["", ""];
    return html`<label>Of <select name="period" @change=${this.#periodChosen}>
        ${Object.entries(PERIODS).map(([value, words]) => html`<option value=${value} ?selected=${value === this.#period}>${words}</option>`)}
        <option value="days" ?selected=${first !== ""}>chosen days</option>
      </select></label>
      ${first
        ? html`<label>from <input type="date" name="first" .value=${first} @change=${this.#daysChosen}></label>
          <label>to <input type="date" name="last" .value=${last} @change=${this.#daysChosen}></label>`
        : nothing}`;
  }

  #content() {
    if (!this.#answer) return this.#fault ? nothing : html`<p class="empty">Reading the report …</p>`;
    const lines = this.#answer.items.map((row) => lineOf(row, this.#by));
    if (lines.length === 0) return html`<p class="empty">No goal that you may read is of this metric and period. Choose others above.</p>`;
    const groups = grouped(lines, this.#sort, this.#isFalling);
    const view = {
      by: this.#by,
      hasBefore: this.#isCompared,
      sort: this.#sort,
      isFalling: this.#isFalling,
      onSort: (/** @type {SortKey} */ key) => this.#sorted(key),
    };
    return html`${this.#isLeaderboard ? leaderboard(groups) : attainmentBars(groups, `Attainment by ${this.#by}`)}
      ${reportTable(groups, view)}`;
  }

  /** @param {SortKey} key */
  #sorted(key) {
    const isFalling = key === this.#sort ? !this.#isFalling : key !== "label";
    this.#put({ sort: key, order: isFalling ? null : "rising" });
    this.requestUpdate();
  }

  /** @param {Event} event */
  #chosen(event) {
    const { name, value } = /** @type {HTMLSelectElement} */ (event.target);
    this.#go({ [name]: value || null });
  }

  /** @param {Event} event */
  #periodChosen(event) {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    const year = new Date().getFullYear();
    this.#go({ period: value === "days" ? `${year}-01-01..${year}-12-31` : value });
  }

  #daysChosen() {
    const value = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (this.querySelector(`input[name=${name}]`)).value;
    if (value("first") && value("last")) this.#go({ period: `${value("first")}..${value("last")}` });
  }

  /** @param {Record<string, string | null>} changes */
  #go(changes) {
    this.#put(changes);
    this.#read();
  }

  /** @param {Record<string, string | null>} changes */
  #put(changes) {
    const address = this.#address;
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) address.delete(name);
      else address.set(name, value);
    }
    const query = address.toString();
    history.replaceState(null, "", location.pathname + (query && `?${query}`));
  }
}

/** @param {import("./rows.js").Group[]} groups */
function leaderboard(groups) {
  const boards = groups.map((group) => ({ ...group, people: ranked(group.lines) })).filter(({ people }) => people.length > 0);
  return html`<section class="leaderboard">
    <p class="note">Only this address shows who is first: ranking people by name is for teams that want it. It goes by the share of
      one's own target, of goals that one owns.</p>
    ${boards.length === 0 ? html`<p class="empty">No person here has a goal with a target.</p>` : nothing}
    ${boards.map(({ metric, people }) => html`<h2>${metric.name}</h2>
      <ol>${people.map(({ place, line }) => html`<li>
        <span class="place">${place}</span><span class="label">${line.label}</span>
        <span class="share">${shownPercentage(line.percentage)} %</span>
      </li>`)}</ol>`)}
  </section>`;
}

customElements.define("attainment-report", AttainmentReport);
