/**
 * The live connection: one EventSource, and a regular question after the system's state.
 *
 * The browser opens a broken stream again by itself, and the server goes on where it
 * was; except where the server answered with an error: then we ask why, and try again
 * with growing pauses.
 *
 * @typedef {import("./messages.js").Goal} Goal
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("./messages.js").Status} Status
 */

import { isNewer } from "./goals.js";

const ASK_MS = 5000;
const ANSWER_MS_MAX = 4000;
const PAUSE_MS_MIN = 1000;
const PAUSE_MS_MAX = 30_000;

export class Upstream {
  /** @type {Map<string, Goal> | null} */
  #goals = null;
  /** @type {Status | null | undefined} */
  #status = undefined;
  #isOpen = false;
  #isRefused = false;
  #pause = PAUSE_MS_MIN;
  /** @type {Message[]} */
  #unsaid = [];
  #say;

  /** @param {(messages: Message[]) => void} say Told of what comes, in order. */
  constructor(say) {
    this.#say = say;
  }

  start() {
    this.#open();
    setInterval(() => this.#isRefused || this.#ask(), ASK_MS);
  }

  /** Try again now, where we were sent away: somebody may have signed in since. */
  again() {
    if (!this.#isRefused) return;
    this.#isRefused = false;
    this.#open();
  }

  /** Return what somebody who comes now has to be told. @returns {Message[]} */
  known() {
    /** @type {Message[]} */
    const messages = [];
    if (this.#isOpen) messages.push({ kind: "open" });
    if (this.#goals) messages.push({ kind: "snapshot", goals: [...this.#goals.values()] });
    if (this.#status !== undefined) messages.push({ kind: "status", status: this.#status });
    if (this.#isRefused) messages.push({ kind: "refused" });
    return messages;
  }

  #open() {
    const source = new EventSource("/v1/stream");
    source.addEventListener("open", () => {
      this.#pause = PAUSE_MS_MIN;
      this.#isOpen = true;
      this.#tell({ kind: "open" });
      this.#ask();
    });
    source.addEventListener("snapshot", (event) => {
      /** @type {Goal[]} */
      const goals = JSON.parse(event.data);
      this.#goals = new Map(goals.map((goal) => [goal.goal_id, goal]));
      this.#tell({ kind: "snapshot", goals });
    });
    source.addEventListener("goal-updated", (event) => this.#updated(JSON.parse(event.data)));
    source.addEventListener("goal-gone", (event) => {
      const id = JSON.parse(event.data).goal_id;
      this.#goals?.delete(id);
      this.#tell({ kind: "gone", id });
    });
    source.addEventListener("error", () => this.#failed(source));
  }

  /** @param {Goal} goal */
  #updated(goal) {
    const known = this.#goals?.get(goal.goal_id);
    if (known && !isNewer(goal, known)) return;
    this.#goals?.set(goal.goal_id, goal);
    this.#tell({ kind: "updated", goal });
  }

  /** Say things together that came together. @param {Message} message */
  #tell(message) {
    if (this.#unsaid.push(message) > 1) return;
    queueMicrotask(() => setTimeout(() => this.#say(this.#unsaid.splice(0))));
  }

  /** @param {EventSource} source */
  async #failed(source) {
    this.#isOpen = false;
    this.#tell({ kind: "lost" });
    if (source.readyState !== EventSource.CLOSED) return;
    const status = await this.#ask();
    if (status === 401 || status === 403) {
      this.#isRefused = true;
      this.#goals = null;
      this.#tell({ kind: "refused" });
      return;
    }
    setTimeout(() => this.#open(), this.#pause * (0.5 + Math.random()));
    this.#pause = Math.min(PAUSE_MS_MAX, this.#pause * 2);
  }

  /** Ask how far the totals are; return the answer's HTTP status, 0 for none. */
  async #ask() {
    let code = 0;
    try {
      const answer = await fetch("/v1/status", { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
      code = answer.status;
      this.#status = answer.ok ? await answer.json() : null;
    } catch {
      this.#status = null;
    }
    this.#tell({ kind: "status", status: this.#status ?? null });
    return code;
  }
}
