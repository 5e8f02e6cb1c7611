/**
 * The screen of one goal: head, burn-up, contribution, and what else there is in tabs.
 *
 * @typedef {import("../parts/frame.js").Frame} Frame
 */

import "../charts/burn_up.js";
import "../records/record_list.js";
import "./action_dialog.js";
import "./change_list.js";
import "./history_list.js";

import { html, nothing } from "lit";

import { burnUpFoot } from "../charts/burn_up_foot.js";
import { planOf } from "../charts/burn_up_plan.js";
import { readSession } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { shownMoment } from "../words/moments.js";
import { absent } from "./absent.js";
import { actions } from "./actions.js";
import { contribution } from "./contribution.js";
import { GoalSource } from "./goal_source.js";
import { asLive, head } from "./head.js";
import { Tabs } from "./tabs.js";

/** @type {Record<string, string>} */
const TABS = { records: "Records", history: "History", overrides: "Overrides", changes: "Changes" };

export class GoalView extends LightElement {
  /** @type {GoalSource | null} */
  #source = null;
  #tabs = new Tabs(TABS, () => this.requestUpdate());
  #mayWrite = false;

  /**
   * @param {Frame} frame
   * @param {string} id
   */
  listenTo(frame, id) {
    this.#source = new GoalSource(frame, id, () => this.requestUpdate());
    this.#source.start();
    readSession().then(
      ({ scopes }) => {
        this.#mayWrite = scopes.includes("goals:write");
        this.requestUpdate();
      },
      () => {},
    );
  }

  /** @override */
  get isReady() {
    return this.#source !== null && (this.#source.picture !== null || this.#source.fault !== null);
  }

  /** @override */
  render() {
    const source = /** @type {GoalSource} */ (this.#source);
    if (source.fault && (!source.picture || source.fault.status === 404)) return absent(source.fault);
    const { picture, frame } = source;
    const unit = frame.directory.unitOf(picture.metric_id);
    document.title = `${picture.title} · Cairn`;
    return html`<article class="goal" data-goal=${picture.id} data-version=${picture.version}>
      ${source.fault ? html`<p class="refused" role="alert">What stands here is of ${shownMoment(picture.as_of)}: ${source.fault.message}</p>` : nothing}
      <div class="goal-head">${head(source)}${actions(source, this.#mayWrite, (form) => this.#open(form))}</div>
      <div class="goal-middle">
        ${this.#burnUp(source, unit)}
        ${contribution(picture, unit)}
      </div>
      ${this.#tabs.bar("What else there is of this goal")}
      ${this.#tabs.panel(this.#panel(source, unit))}
      <action-dialog></action-dialog>
    </article>`;
  }

  /** @param {import("./action_dialog.js").Form} form */
  #open(form) {
    /** @type {import("./action_dialog.js").ActionDialog} */ (this.querySelector("action-dialog")).open(form);
  }

  /**
   * @param {GoalSource} source
   * @param {string} unit
   */
  #burnUp(source, unit) {
    const { picture, past, report, live = asLive(picture) } = source;
    const goal = { period: picture.period, time_zone: picture.time_zone, target: live.target, stretch_target: live.stretch_target };
    const plan = planOf(goal, past, { actual: live.values.actual, percentage: live.percentage }, report?.finish ?? null, Date.now());
    const about = { title: live.title, unit, timeZone: picture.time_zone, start: picture.period.start, end: picture.period.end };
    return html`<section aria-labelledby="burn-up-title">
      <div class="list-head"><h2 id="burn-up-title">Over the period</h2></div>
      <burn-up .plan=${plan} .about=${about}></burn-up>
      ${burnUpFoot(plan, source)}
    </section>`;
  }

  /**
   * @param {GoalSource} source
   * @param {string} unit
   */
  #panel(source, unit) {
    const { picture, frame } = source;
    switch (this.#tabs.chosen) {
      case "history":
        return html`<history-list .goal=${picture.id} unit=${unit}></history-list>`;
      case "overrides":
        return html`<change-list overrides .goal=${picture} .frame=${frame}></change-list>`;
      case "changes":
        return html`<change-list .goal=${picture} .frame=${frame}></change-list>`;
      default:
        return html`<record-list heading="Own records that count" revision=${String(source.live?.revision ?? picture.revision ?? 0)} .goal=${{ id: picture.id, unit }} .directory=${frame.directory} .metric=${frame.directory.metric(picture.metric_id) ?? null}></record-list>
          <p class="quiet">What its children count is found there. Records that nearly count, and any other one: <a href=${`/goals/${encodeURIComponent(picture.id)}/explain`}>explain</a>.</p>`;
    }
  }
}

customElements.define("goal-view", GoalView);
