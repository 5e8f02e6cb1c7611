/**
 * Asks again every few seconds, while somebody may be looking.
 *
 * While the page is hidden or paused nothing is asked; once it is not, at once.
 */

const EVERY_MS = 5000;
const TICK_MS = 500;

export class Polling {
  #ask;
  #isWanted;
  #isAsking = false;
  #askedAt = -Infinity;

  /**
   * @param {() => Promise<void>} ask
   * @param {() => boolean} isWanted Whether answers are wanted now.
   */
  constructor(ask, isWanted) {
    this.#ask = ask;
    this.#isWanted = isWanted;
  }

  start() {
    setInterval(() => this.#tick(), TICK_MS);
    document.addEventListener("visibilitychange", () => this.#tick());
    this.#tick();
  }

  /** Ask at once, whenever it was last done. */
  again() {
    this.#askedAt = -Infinity;
    this.#tick();
  }

  async #tick() {
    if (this.#isAsking || document.hidden || !this.#isWanted()) return;
    if (performance.now() - this.#askedAt < EVERY_MS) return;
    this.#isAsking = true;
    this.#askedAt = performance.now();
    await this.#ask();
    this.#isAsking = false;
  }
}
