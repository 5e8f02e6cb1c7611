/**
 * Who changed what of a goal, and when, from what to what; or only what was written over
 * its values.
 *
 * @typedef {{number: number, at: string, caller: string, action: string,
 *   before: Record<string, any> | null, after: Record<string, any> | null}} Line
 */

import { html, nothing } from "lit";

import { read } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { shownMoment } from "../words/moments.js";
import { exact, shownPeriod } from "../words/numbers.js";
import { MEASURES } from "./rule.js";

const PAGE = 50;
/** @type {Record<string, string>} */
const FIELDS = {
  parent_id: "parent",
  manager_id: "manager",
  metric_id: "metric",
  stretch_target: "stretch target",
  owner_records_only: "only the owner’s records",
  include_team_members: "members’ records too",
  rollup_only_from_children: "only from children",
  shared_with: "shared with",
  cloned_from: "cloned from",
};

export class ChangeList extends LightElement {
  /** @override */
  static properties = { goal: { attribute: false }, frame: { attribute: false }, overrides: { type: Boolean } };
  /** @type {Line[] | null} */
  #lines = null;
  /** @type {string | null} */
  #next = null;
  /** @type {Error | null} */
  #fault = null;
  #readOf = "";

  constructor() {
    super();
    /** @type {any} */
    this.goal = null;
    /** @type {import("../parts/frame.js").Frame | null} */
    this.frame = null;
    this.overrides = false;
  }

  /** @override */
  firstUpdated() {
    // Names may become known later than the changes.
    this.frame?.onPaint(() => this.requestUpdate());
  }

  /** @override */
  updated() {
    const wanted = `${this.goal.id} ${this.goal.version}`;
    if (wanted !== this.#readOf) this.#read(null);
    this.#readOf = wanted;
  }

  /** @param {string | null} after */
  async #read(after) {
    const asked = new URLSearchParams({ limit: String(PAGE) });
    if (after) asked.set("after", after);
    try {
      const page = await read(`/v1/goals/${encodeURIComponent(this.goal.id)}/changes?${asked}`);
      this.#lines = after ? [...(this.#lines ?? []), ...page.items] : page.items;
      this.#next = page.next;
      this.#fault = null;
    } catch (fault) {
      this.#fault = /** @type {Error} */ (fault);
    }
    this.requestUpdate();
  }

  /** @override */
  render() {
    return html`<div class="list-head"><h2>${this.overrides ? "Written over its values" : "Changes"}</h2></div>
      ${this.overrides ? this.#standing() : nothing}
      ${this.#fault ? html`<p class="refused" role="alert">${this.#fault.message}</p>` : nothing}
      ${this.#list()}`;
  }

  /** What stands over the values now. */
  #standing() {
    const { override, is_override: isWritten, is_overridden: isLocked, values } = this.goal;
    if (!override) return html`<p class="quiet">Nothing is written over its values: it shows what is computed.</p>`;
    const unit = this.frame?.directory.unitOf(this.goal.metric_id) ?? "";
    const shownNow = Object.keys(MEASURES).filter((slot) => values[slot] !== null).map((slot) => `${MEASURES[slot].toLowerCase()} ${exact(values[slot], unit)}`);
    return html`<p class="standing"><b>${isLocked ? "Locked" : isWritten ? "Overridden until something moves it" : "Overridden"}</b>:
      ${shownNow.join(", ")} — “${override.reason ?? "no reason given"}”, ${this.#who(override.by)}, ${shownMoment(override.at)}.</p>`;
  }

  #list() {
    if (this.#lines === null) return html`<p class="quiet" aria-busy="true">Reading the changes …</p>`;
    const lines = this.overrides ? this.#lines.filter((line) => "override" in (line.after ?? {}) || "override" in (line.before ?? {})) : this.#lines;
    if (!lines.length) return html`<p class="quiet">${this.overrides ? "Nobody has written over them" : "Nothing has changed"}${this.#next ? " of late" : ""}.</p>${this.#more()}`;
    return html`<ol class="changes">${lines.map((line) => this.#line(line))}</ol>${this.#more()}`;
  }

  #more() {
    if (!this.#next) return nothing;
    return html`<p class="list-foot"><button type="button" @click=${() => this.#read(this.#next)}>Show earlier ones</button></p>`;
  }

  /** @param {Line} line */
  #line({ at, caller, action, before, after }) {
    const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter((name) => !this.overrides || name === "override");
    return html`<li>
      <p class="who"><b>${action}</b> by ${this.#who(caller)} <time datetime=${at}>${shownMoment(at)}</time></p>
      <dl>${names.map((name) => html`<div><dt>${FIELDS[name] ?? name.replaceAll("_", " ")}</dt><dd>${this.#turn(name, before, after)}</dd></div>`)}</dl>
    </li>`;
  }

  /**
   * @param {string} name
   * @param {Record<string, any> | null} before
   * @param {Record<string, any> | null} after
   */
  #turn(name, before, after) {
    const to = this.#worded(name, after?.[name]);
    if (before === null) return to;
    const from = this.#worded(name, before[name]);
    return after === null ? from : html`<del>${from}</del> <span aria-label="became">→</span> <ins>${to}</ins>`;
  }

  /**
   * @param {string} name
   * @param {any} value
   * @returns {unknown}
   */
  #worded(name, value) {
    const directory = this.frame?.directory;
    if (value === null || value === undefined) return "none";
    if (value === true) return "yes";
    if (value === false) return "no";
    if (name === "manager_id") return directory?.nameOf({ type: "user", id: value }) ?? value;
    if (name === "metric_id") return directory?.metricName(value) ?? value;
    if (name === "owner") return directory?.nameOf(value) ?? value.id;
    if (name === "parent_id" || name === "cloned_from") return this.frame?.goals.get(value)?.title ?? value;
    if (name === "target" || name === "stretch_target") return exact(value, directory?.unitOf(this.goal.metric_id));
    if (name === "period") return shownPeriod(value);
    if (name === "override") return this.#overrideInWords(value);
    return typeof value === "object" ? html`<code>${JSON.stringify(value)}</code>` : String(value);
  }

  /** @param {any} override */
  #overrideInWords(override) {
    const unit = this.frame?.directory.unitOf(this.goal.metric_id) ?? "";
    const values = Object.entries(override.values ?? {}).map(([slot, amount]) => `${MEASURES[slot]?.toLowerCase() ?? slot} ${exact(/** @type {string} */ (amount), unit)}`);
    const words = [values.join(", ") || "taken back", override.is_overridden ? "locked" : "", override.reason ? `“${override.reason}”` : ""];
    return words.filter(Boolean).join(", ");
  }

  /** @param {string | null} caller */
  #who(caller) {
    if (!caller) return "somebody";
    return caller.startsWith("user/") ? (this.frame?.directory.nameOf({ type: "user", id: caller.slice(5) }) ?? caller) : caller;
  }
}

customElements.define("change-list", ChangeList);
