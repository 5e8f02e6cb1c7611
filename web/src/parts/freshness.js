/**
 * How old what one sees is, said all the time and never embellished.
 *
 * @typedef {import("../live/messages.js").Status} Status
 */

import { shownAge, shownTime } from "../words/numbers.js";

const MARKS = { connecting: "◌", live: "●", behind: "◔", paused: "❚❚", stale: "◌" };
const TICK_MS = 1000;

export class Freshness {
  #element;
  #announcements;
  #isConnected = false;
  #wasConnected = false;
  #isPaused = false;
  /** @type {Status | null | undefined} Undefined: not asked yet; null: not answered. */
  #status = undefined;
  /** @type {number | null} */
  #heardAt = null;
  /** @type {number | null} */
  #changedAt = null;
  #waiting = 0;

  /**
   * @param {HTMLElement} element
   * @param {HTMLElement} announcements
   */
  constructor(element, announcements) {
    this.#element = element;
    this.#announcements = announcements;
    setInterval(() => this.#show(), TICK_MS);
  }

  connected() {
    this.#isConnected = true;
    this.#wasConnected = true;
    this.heard();
  }

  lost() {
    this.#isConnected = false;
    this.#show();
  }

  /** Take the system's own word on how far its totals are, or null for no answer. @param {Status | null} status */
  status(status) {
    this.#status = status;
    if (status && this.#isConnected) this.heard();
    this.#show();
  }

  heard() {
    this.#heardAt = Date.now();
  }

  changed() {
    this.#changedAt = Date.now();
  }

  /** @param {boolean} isPaused */
  paused(isPaused) {
    this.#isPaused = isPaused;
    this.#waiting = 0;
    this.#show();
  }

  /** @param {number} count */
  waiting(count) {
    this.#waiting = count;
  }

  /** @returns {keyof typeof MARKS} */
  get #state() {
    if (!this.#isConnected) return this.#wasConnected ? "stale" : "connecting";
    if (this.#isPaused) return "paused";
    if (this.#status === undefined) return "connecting";
    if (!this.#status) return "stale";
    return this.#status.settled ? "live" : "behind";
  }

  /** @param {keyof typeof MARKS} state */
  #words(state) {
    const lag = this.#status?.lag ?? 0;
    switch (state) {
      case "connecting":
        return "Connecting";
      case "live":
        return this.#liveWords();
      case "paused":
        return this.#waiting ? `Paused, ${this.#waiting} goals have changed` : "Paused";
      case "behind":
        if (lag > 0) return `Live, ${lag.toLocaleString()} ${lag === 1 ? "record" : "records"} to go`;
        return "Live, changes are being counted";
      default:
        return `Stale since ${shownTime(this.#heardAt ?? Date.now())}, trying again`;
    }
  }

  #liveWords() {
    const hours = this.#status?.goal_rollup_frequency_hours;
    if (!hours) return "Live, every record counted";
    return hours === 1 ? "Values move every hour" : `Values move every ${hours} hours`;
  }

  #show() {
    const state = this.#state;
    const words = this.#words(state);
    const [mark, text, since] = /** @type {HTMLElement[]} */ ([...this.#element.children]);
    mark.textContent = MARKS[state];
    if (text.textContent !== words) text.textContent = words;
    since.textContent = this.#changedAt ? `last change ${shownAge(Date.now() - this.#changedAt)} ago` : "";
    if (this.#element.dataset.state === state) return;
    const from = this.#element.dataset.state;
    this.#element.dataset.state = state;
    document.body.classList.toggle("stale", state === "stale");
    // Falling behind for a second is not worth a word to those who listen.
    if (state === "stale" || from === "stale") this.#announcements.textContent = words;
  }
}
