/**
 * The live connection: one EventSource, and a regular question after the system's state.
 *
 * The browser opens a broken stream again by itself, except where the server answered
 * with an error; then we ask why, and try again with growing pauses.
 */

const ASK_MS = 5000;
const ANSWER_MS_MAX = 4000;
const PAUSE_MS_MIN = 1000;
const PAUSE_MS_MAX = 30_000;

export class Live {
  #source = null;
  #pause = PAUSE_MS_MIN;
  #heard;

  /** `heard` has a function for each of: snapshot, updated, gone, open, lost, refused, status. */
  constructor(heard) {
    this.#heard = heard;
  }

  start() {
    this.#open();
    setInterval(() => document.hidden || this.#ask(), ASK_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.#ask());
  }

  #open() {
    const source = new EventSource("/v1/stream");
    this.#source = source;
    source.addEventListener("open", () => {
      this.#pause = PAUSE_MS_MIN;
      this.#heard.open();
      this.#ask();
    });
    source.addEventListener("snapshot", (event) => this.#heard.snapshot(JSON.parse(event.data)));
    source.addEventListener("goal-updated", (event) => this.#heard.updated(JSON.parse(event.data)));
    source.addEventListener("goal-gone", (event) => this.#heard.gone(JSON.parse(event.data).goal_id));
    source.addEventListener("error", () => this.#failed(source));
  }

  async #failed(source) {
    this.#heard.lost();
    if (source.readyState !== EventSource.CLOSED) return;
    const status = await this.#ask();
    if (status === 401 || status === 403) {
      this.#heard.refused();
      return;
    }
    setTimeout(() => this.#open(), this.#pause * (0.5 + Math.random()));
    this.#pause = Math.min(PAUSE_MS_MAX, this.#pause * 2);
  }

  /** Ask how far the totals are; return the answer's HTTP status, 0 for none. */
  async #ask() {
    try {
      const answer = await fetch("/v1/status", { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
      this.#heard.status(answer.ok ? await answer.json() : null);
      return answer.status;
    } catch {
      this.#heard.status(null);
      return 0;
    }
  }
}
