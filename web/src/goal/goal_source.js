/**
 * What the screen of one goal knows: its definition and its children in one picture, its
 * history, its projection. Live numbers come from the frame; what is worked out from
 * several moments is asked for again after a pause of changes, and every minute.
 *
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {any} Picture What GET /v1/goals/{id}/tree?depth=1 answers.
 */

import { read } from "../live/api.js";
import { Past } from "../live/history.js";

const PAUSE_MS = 1000;
const AGAIN_MS = 60_000;

export class GoalSource {
  /** @type {Picture | null} */
  picture = null;
  past = new Past();
  /** @type {any | null} Its row of the report on attainment. */
  report = null;
  /** @type {string | null} As of when. */
  reportedAt = null;
  /** Whether it has been asked how it will end. */
  isReported = false;
  /** @type {Record<string, string>} */
  queryNames = {};
  /** @type {(Error & {status?: number}) | null} */
  fault = null;
  #onChange;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #waiting = null;

  /**
   * @param {Frame} frame
   * @param {string} id
   * @param {() => void} onChange
   */
  constructor(frame, id, onChange) {
    this.frame = frame;
    this.id = id;
    this.path = `/v1/goals/${encodeURIComponent(id)}`;
    this.#onChange = onChange;
  }

  start() {
    this.frame.onPaint(({ ids }) => {
      if (ids.has(this.id) || [...ids].some((id) => this.frame.goals.parentOf(id) === this.id)) this.#soon();
      this.#onChange();
    });
    setInterval(() => this.again(), AGAIN_MS);
    return this.again();
  }

  /** The newest that the stream has told of the goal. */
  get live() {
    return this.frame.goals.get(this.id);
  }

  /** Ask for everything again. */
  async again() {
    await this.readPicture();
    if (!this.picture) return;
    await Promise.allSettled([this.#readHistory(), this.#readReport(), this.#readQueries()]);
    this.#onChange();
  }

  async readPicture() {
    try {
      this.picture = await read(`${this.path}/tree?depth=1`).catch((fault) => {
        // A goal that was made a moment ago stands in no tree yet.
        if (fault.status !== 503) throw fault;
        return read(this.path);
      });
      this.fault = null;
    } catch (fault) {
      this.fault = /** @type {Error} */ (fault);
    }
    this.#onChange();
  }

  #soon() {
    this.#waiting ??= setTimeout(async () => {
      this.#waiting = null;
      await Promise.allSettled([this.readPicture(), this.#readReport()]);
      this.#onChange();
    }, PAUSE_MS);
  }

  async #readHistory() {
    const { period, time_zone: zone, version, rollup } = this.picture;
    await this.past.read(this.id, period, zone, `${version} ${rollup?.status}`);
  }

  async #readReport() {
    try {
      const { items, as_of: at } = await read(`/v1/reports/attainment?goal=${encodeURIComponent(this.id)}`);
      this.report = items[0] ?? null;
      this.reportedAt = at;
    } catch {
      this.report = null;
    }
    this.isReported = true;
  }

  async #readQueries() {
    const ids = new Set(Object.values(this.picture.queries).filter(Boolean));
    for (const id of ids) {
      if (id in this.queryNames) continue;
      const { name } = await read(`/v1/rollup-queries/${encodeURIComponent(id)}`);
      this.queryNames[id] = name;
    }
  }
}
