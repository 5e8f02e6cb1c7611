/**
 * The operations screen: one answer of the API, drawn whole every few seconds.
 *
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {import("./messages.js").Picture} Picture
 * @typedef {import("./messages.js").RejectedPage} RejectedPage
 */

import "./rejected_records.js";

import { html, nothing } from "lit";

import { RefusedError, read } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { shownTime } from "../words/numbers.js";
import { figures } from "./figures.js";
import { Polling } from "./polling.js";
import { outbox, partitions, processes, services } from "./tables.js";
import { goals, jobs, verification } from "./work.js";
import { state } from "./words.js";

export class OperationsView extends LightElement {
  /** @type {Frame | null} */
  #frame = null;
  /** @type {Picture | null} */
  #picture = null;
  /** How many rejected records Kafka keeps, and up to where; null: it does not say. */
  /** @type {{records: number, end: number} | null} */
  #kept = null;
  /** @type {number | null} By the clock of this browser. */
  #answeredAt = null;
  /** @type {Error | null} */
  #fault = null;
  #polling = new Polling(
    () => this.#ask(),
    () => !this.#frame?.isPaused && !this.#isRefused,
  );

  /** @param {Frame} frame */
  listenTo(frame) {
    this.#frame = frame;
    document.getElementById("pause")?.addEventListener("click", () => this.requestUpdate());
    this.#polling.start();
  }

  /** @override */
  get isReady() {
    return this.#picture !== null || this.#fault !== null;
  }

  /** Whether the one who asks lacks the right, which asking again does not bring. */
  get #isRefused() {
    return this.#fault instanceof RefusedError && this.#fault.status === 403;
  }

  async #ask() {
    try {
      this.#picture = await read("/v1/operations");
      this.#kept = await kept();
      this.#answeredAt = Date.now();
      this.#took(null);
    } catch (fault) {
      this.#took(/** @type {Error} */ (fault));
    }
  }

  /** @param {Error | null} fault */
  #took(fault) {
    // Those who listen are told of a change of state only.
    if ((this.#fault === null) !== (fault === null)) announce(fault ? `Operations: ${fault.message}` : "Operations: up to date");
    this.#fault = fault;
    this.requestUpdate();
  }

  /** @override */
  render() {
    return html`<div class="head"><h1>Operations</h1>${this.#isRefused ? nothing : this.#asOf()}</div>
      ${this.#isRefused ? this.#withoutRight() : this.#picture ? this.#all(this.#picture) : nothing}`;
  }

  #asOf() {
    const at = this.#answeredAt;
    if (this.#fault) {
      const since = at === null ? "No answer yet" : `Stale since ${shownTime(at)}`;
      return html`<p class="as-of fault">${state("bad", "◌", `${since}, trying again:`)} ${this.#fault.message}</p>`;
    }
    const instant = html`<time datetime=${this.#picture?.at ?? ""} title=${this.#picture?.at ?? ""}>${shownTime(at ?? Date.now())}</time>`;
    const isPaused = this.#frame?.isPaused;
    return html`<p class="as-of">${isPaused ? state("quiet", "❚❚", "Paused,") : state("good", "●", "")} as of ${instant}${isPaused ? nothing : ", asked every 5 s"}</p>`;
  }

  #withoutRight() {
    return html`<section class="notice" id="right-missing">
      <h2>You may not see operations</h2>
      <p>This screen needs the right <code>manage_organization</code>.</p>
      <p>${this.#fault?.message}</p>
      <p><button type="button" @click=${() => this.#tryAgain()}>Try again</button></p>
    </section>`;
  }

  #tryAgain() {
    this.#fault = null;
    this.#polling.again();
  }

  /** @param {Picture} picture */
  #all(picture) {
    return html`<div class="picture ${this.#fault ? "is-stale" : ""}">
      ${figures(picture, this.#kept?.records ?? null)}
      <div class="columns">
        <div>${services(picture)} ${processes(picture)} ${jobs(picture)} ${goals(picture)} ${verification(picture)}</div>
        <div>${partitions(picture)} ${outbox(picture)}</div>
      </div>
      <rejected-records .end=${this.#kept?.end ?? null} @replayed=${() => this.#polling.again()}></rejected-records>
    </div>`;
  }
}

/** Ask how many rejected records are kept; Kafka may be away while the rest answers. */
async function kept() {
  try {
    /** @type {RejectedPage} */
    const { kept } = await read("/v1/rejected?limit=1");
    return {
      records: kept.reduce((sum, one) => sum + one.records, 0),
      end: kept.reduce((sum, one) => sum + one.end_offset, 0),
    };
  } catch (fault) {
    if (fault instanceof RefusedError && fault.status === 503) return null;
    throw fault;
  }
}

/** @param {string} words */
function announce(words) {
  const place = document.getElementById("announcements");
  if (place) place.textContent = words;
}

customElements.define("operations-view", OperationsView);
