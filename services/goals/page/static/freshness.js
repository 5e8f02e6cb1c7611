/**
 * How old what one sees is, said all the time and never embellished.
 */

import { shownAge, shownTime } from "./numbers.js";

const MARKS = { connecting: "◌", live: "●", behind: "◔", paused: "❚❚", stale: "◌" };
const TICK_MS = 1000;

export class Freshness {
  #element;
  #announcements;
  #isConnected = false;
  #wasConnected = false;
  #isPaused = false;
  // Undefined: not asked yet; null: asked, and not answered.
  #status = undefined;
  #heardAt = null;
  #changedAt = null;
  #waiting = 0;

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

  /** Take the system's own word on how far its totals are, or null for no answer. */
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

  paused(isPaused) {
    this.#isPaused = isPaused;
    this.#waiting = 0;
    this.#show();
  }

  waiting(count) {
    this.#waiting = count;
  }

  get #state() {
    if (!this.#isConnected) return this.#wasConnected ? "stale" : "connecting";
    if (this.#isPaused) return "paused";
    if (this.#status === undefined) return "connecting";
    if (!this.#status) return "stale";
    return this.#status.settled ? "live" : "behind";
  }

  #words(state) {
    switch (state) {
      case "connecting":
        return "Connecting";
      case "live":
        return "Live, every record counted";
      case "paused":
        return this.#waiting ? `Paused, ${this.#waiting} goals have changed` : "Paused";
      case "behind":
        return this.#status.lag > 0
          ? `Live, ${this.#status.lag.toLocaleString()} records to go`
          : "Live, changes are being counted";
      default:
        return `Stale since ${shownTime(this.#heardAt)}, trying again`;
    }
  }

  #show() {
    const state = this.#state;
    const words = this.#words(state);
    const [mark, text, since] = this.#element.children;
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
