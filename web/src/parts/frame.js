/**
 * What every screen has: the live goals, the names, how fresh it all is, and the pause.
 *
 * Arrivals change the goals at once and mark what has to be shown again; screens paint
 * once a frame. While the page is paused arrivals are held back, the newest of each goal.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../live/messages.js").Message} Message
 * @typedef {{places: boolean, ids: Set<string>}} Change Where rows stand, and which goals.
 */

import { listen } from "../live/connection.js";
import { Directory } from "../live/directory.js";
import { Goals, NOTHING, PLACES } from "../live/goals.js";
import { Freshness } from "./freshness.js";
import { tellWhenPrinted } from "./printing.js";

const ANNOUNCE_MS = 10_000;
const REPAINT_MS = 60_000;

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class Frame {
  goals = new Goals();
  directory = new Directory(() => this.#changedAll());
  /** Whether there has been a picture of the goals. */
  isKnown = false;
  isPaused = false;
  #freshness = new Freshness(byId("freshness"), byId("announcements"));
  /** @type {Map<string | null, () => void>} */
  #held = new Map();
  /** @type {((change: Change) => void)[]} */
  #screens = [];
  /** @type {Change} */
  #change = { places: false, ids: new Set() };
  #changedSinceAnnounced = new Set();
  #isScheduled = false;

  start() {
    byId("pause").addEventListener("click", () => this.#setPaused(!this.isPaused));
    tellWhenPrinted(byId("printed"));
    // The pace moves with the day even when no number does.
    setInterval(() => this.#changedAll(), REPAINT_MS);
    setInterval(() => this.#announce(), ANNOUNCE_MS);
    listen((message) => this.#hear(message));
    return this;
  }

  /** Have a screen painted: at most once a frame, when something has changed. @param {(change: Change) => void} paint */
  onPaint(paint) {
    this.#screens.push(paint);
    if (this.isKnown) this.#changedAll();
  }

  /** @param {Message} message */
  #hear(message) {
    switch (message.kind) {
      case "open":
        this.#freshness.connected();
        this.directory.read().catch(() => {});
        break;
      case "snapshot":
        // What was held is in the picture, or newer there.
        this.#held.clear();
        this.#receive(null, () => this.#tookPicture(message.goals));
        break;
      case "updated":
        this.#receive(message.goal.goal_id, () =>
          this.#took(this.goals.put(message.goal), message.goal.goal_id),
        );
        break;
      case "gone":
        this.#receive(message.id, () => this.#took(this.goals.remove(message.id), message.id));
        break;
      case "lost":
        this.#freshness.lost();
        break;
      case "status":
        this.#freshness.status(message.status);
        break;
      case "refused":
        this.#refused();
    }
  }

  /**
   * Apply now, or when the pause ends.
   *
   * @param {string | null} id
   * @param {() => void} apply
   */
  #receive(id, apply) {
    this.#freshness.heard();
    if (this.isPaused) {
      this.#held.set(id, apply);
      this.#freshness.waiting(this.#held.size);
    } else {
      apply();
    }
  }

  /** @param {Goal[]} goals */
  #tookPicture(goals) {
    this.goals.replaceAll(goals);
    this.isKnown = true;
    this.#changedAll();
  }

  /**
   * @param {number} change
   * @param {string} id
   */
  #took(change, id) {
    if (change === NOTHING) return;
    this.#change.places ||= change === PLACES;
    this.#change.ids.add(id);
    this.#changedSinceAnnounced.add(id);
    this.#freshness.changed();
    this.#schedule();
  }

  #changedAll() {
    if (!this.isKnown) return;
    this.#change.places = true;
    this.#schedule();
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#isScheduled = false;
    const change = this.#change;
    this.#change = { places: false, ids: new Set() };
    byId("no-right").hidden = true;
    byId("screen").hidden = false;
    byId("freshness").hidden = false;
    for (const paint of this.#screens) paint(change);
  }

  /** @param {boolean} wanted */
  #setPaused(wanted) {
    this.isPaused = wanted;
    byId("pause").setAttribute("aria-pressed", String(wanted));
    this.#freshness.paused(wanted);
    if (wanted) return;
    for (const apply of this.#held.values()) apply();
    this.#held.clear();
  }

  #refused() {
    this.#setPaused(false);
    byId("no-right").hidden = false;
    byId("screen").hidden = true;
    byId("freshness").hidden = true;
  }

  #announce() {
    const count = this.#changedSinceAnnounced.size;
    if (count) byId("announcements").textContent = `${count} ${count === 1 ? "goal has" : "goals have"} changed`;
    this.#changedSinceAnnounced = new Set();
  }
}
