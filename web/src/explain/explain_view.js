/**
 * From a number the records behind it; first of all whether one record counts, and why.
 *
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {import("./verdict.js").Explanation} Explanation
 */

import "../records/record_list.js";
import "./goal_choice.js";

import { html, nothing } from "lit";

import { absent } from "../goal/absent.js";
import { asLive } from "../goal/head.js";
import { MEASURES } from "../goal/rule.js";
import { read } from "../live/api.js";
import { changing } from "../parts/changing.js";
import { LightElement } from "../parts/light.js";
import { exact, shown, shownPeriod } from "../words/numbers.js";
import { entitiesOf, meantBy } from "./asked.js";
import { verdict } from "./verdict.js";

export class ExplainView extends LightElement {
  /** @type {Frame | null} */
  #frame = null;
  /** @type {string | null} */
  #id = null;
  /** @type {any | null} */
  #goal = null;
  /** @type {any | null} */
  #metric = null;
  /** @type {(Error & {status?: number}) | null} */
  #fault = null;
  /** @type {Explanation | null} */
  #found = null;
  /** @type {Error | null} */
  #refusal = null;
  #isAsking = false;

  /**
   * @param {Frame} frame
   * @param {string | null} id
   */
  listenTo(frame, id) {
    this.#frame = frame;
    this.#id = id;
    frame.onPaint(() => this.requestUpdate());
    addEventListener("popstate", () => this.#explain());
    if (id !== null) this.#read(id);
  }

  get #asked() {
    return new URLSearchParams(location.search).get("record") ?? "";
  }

  get #field() {
    return new URLSearchParams(location.search).get("field") ?? "";
  }

  /** @param {string} id */
  async #read(id) {
    try {
      const goal = await read(`/v1/goals/${encodeURIComponent(id)}`);
      this.#metric = await read(`/v1/metrics/${encodeURIComponent(goal.metric_id)}`);
      this.#goal = goal;
      document.title = `Explain ${goal.title} · Cairn`;
    } catch (fault) {
      this.#fault = /** @type {Error} */ (fault);
    }
    this.requestUpdate();
    await this.#explain();
  }

  /** Explain the record that the address names, as the first of what it may mean. */
  async #explain() {
    const asked = this.#asked;
    this.#found = this.#refusal = null;
    this.#isAsking = asked !== "" && this.#goal !== null;
    this.requestUpdate();
    if (!this.#isAsking) return;
    /** @type {Explanation | null} */
    let found = null;
    /** @type {Error | null} */
    let refusal = null;
    for (const record of meantBy(asked, entitiesOf(this.#metric))) {
      try {
        found = await read(`/v1/goals/${encodeURIComponent(this.#goal.id)}/explain?record=${encodeURIComponent(record)}`);
        break;
      } catch (fault) {
        refusal ??= /** @type {Error} */ (fault);
      }
    }
    if (asked !== this.#asked) return;
    this.#found = found;
    this.#refusal = found ? null : (refusal ?? new Error("This metric counts no records yet, so there is nothing to test."));
    this.#isAsking = false;
    this.requestUpdate();
  }

  /** @override */
  get isReady() {
    return this.#id === null ? (this.#frame?.isKnown ?? false) : this.#goal !== null || this.#fault !== null;
  }

  /** @override */
  render() {
    if (this.#fault) return absent(this.#fault);
    if (this.#goal) return this.#ofGoal(this.#goal);
    return html`<div class="explain">
      <div class="head"><h1>Why a record counts, or does not</h1></div>
      <p class="lead">Choose a goal; then paste a record’s id, or look through what counts and what nearly counts.</p>
      <goal-choice .frame=${this.#frame} record=${this.#asked}></goal-choice>
    </div>`;
  }

  /** @param {any} goal */
  #ofGoal(goal) {
    const frame = /** @type {Frame} */ (this.#frame);
    const live = frame.goals.get(goal.id) ?? asLive(goal);
    const unit = frame.directory.unitOf(goal.metric_id);
    const about = { id: goal.id, unit };
    return html`<article class="explain" data-goal=${goal.id}>
      <div class="goal-head">
        <nav aria-label="Above this" class="breadcrumb"><ol><li><a href="/">Goals</a></li><li><a href=${`/goals/${encodeURIComponent(goal.id)}`}>${live.title}</a></li></ol></nav>
        <h1>Why a record counts for ${live.title}, or does not</h1>
        <p class="quiet">${Object.keys(MEASURES).filter((slot) => this.#metric.rollup_fields[slot]).map((slot, index) => html`${index ? " · " : ""}${MEASURES[slot]} <b title=${exact(live.values[/** @type {"actual"} */ (slot)], unit)}>${changing(shown(live.values[/** @type {"actual"} */ (slot)]))}</b>`)}${unit ? ` ${unit}` : ""} · ${shownPeriod(live.period)} · owned by ${frame.directory.nameOf(live.owner)}</p>
      </div>
      ${this.#ask()}
      <div aria-busy=${String(this.#isAsking)}>
        ${this.#isAsking ? html`<p class="quiet">Testing it …</p>` : nothing}
        ${this.#refusal ? html`<p class="refused told" role="alert">${this.#refusal.message}</p>` : nothing}
        ${this.#found ? verdict(this.#found, unit) : nothing}
      </div>
      <record-list heading="Counted" revision=${String(live.revision)} field=${this.#field} .goal=${about} .directory=${frame.directory} .metric=${this.#metric}></record-list>
      <record-list heading="Nearly counted" nearly revision=${String(live.revision)} field=${this.#field} .goal=${about} .directory=${frame.directory} .metric=${this.#metric}></record-list>
    </article>`;
  }

  #ask() {
    const [entity = "opportunity"] = entitiesOf(this.#metric);
    return html`<form class="ask" @submit=${this.#sent} role="search" aria-label="A record">
      <label for="record">Paste a record’s id</label>
      <div class="line">
        <input id="record" name="record" autocomplete="off" spellcheck="false" maxlength="420" placeholder=${`${entity}/…, or the id alone`} .value=${this.#asked} aria-describedby="record-hint">
        <button class="main">Does it count?</button>
      </div>
      <p class="quiet" id="record-hint">Its entity, a slash and its id; of the id alone it is taken for ${entitiesOf(this.#metric).join(" or ") || "no entity: the metric counts none yet"}.</p>
    </form>`;
  }

  /** @param {SubmitEvent} event */
  #sent(event) {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const address = new URL(location.href);
    const record = String(data.get("record") ?? "").trim();
    if (record) address.searchParams.set("record", record);
    else address.searchParams.delete("record");
    history.pushState(null, "", address);
    this.#explain();
  }
}

customElements.define("explain-view", ExplainView);
