/**
 * The wallboard: which section is shown, and when the next one comes.
 *
 * It turns by itself, but not where one prefers stillness; it is held, turned and ended by
 * keys, and by what a pointer finds on it.
 */

const TURN_MS = 20_000;

const isStill = matchMedia("(prefers-reduced-motion: reduce)");

export class Wall {
  isOn = false;
  section = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #onChange;
  #countOf;
  #onEnd;

  /**
   * @param {() => void} onChange
   * @param {() => number} countOf How many sections there are.
   * @param {() => void} onEnd
   */
  constructor(onChange, countOf, onEnd) {
    this.#onChange = onChange;
    this.#countOf = countOf;
    this.#onEnd = onEnd;
    addEventListener("keydown", (event) => this.#pressed(event));
    document.addEventListener("fullscreenchange", () => document.fullscreenElement || this.end());
  }

  get isTurning() {
    return this.#timer !== undefined;
  }

  start() {
    this.isOn = true;
    document.body.classList.add("wall");
    if (!isStill.matches) this.#turn();
    this.#onChange();
  }

  #turn() {
    this.#timer = setInterval(() => this.#go(1), TURN_MS);
  }

  #hold() {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** @param {number} by */
  #go(by) {
    const count = this.#countOf();
    if (count > 0) this.section = (this.section + by + count) % count;
    this.#onChange();
  }

  /** Turn by hand; the next turn is a whole time away. @param {number} by */
  turnBy(by) {
    if (this.isTurning) {
      this.#hold();
      this.#turn();
    }
    this.#go(by);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    // A chart has used its arrow keys by then; Space presses the button that has the focus.
    if (!this.isOn || event.defaultPrevented) return;
    const isButton = event.target instanceof HTMLButtonElement;
    if (event.key === "Escape") this.end();
    else if (event.key === "ArrowRight") this.turnBy(1);
    else if (event.key === "ArrowLeft") this.turnBy(-1);
    else if (event.key === " " && !isButton) this.holdOrTurn();
    else return;
    event.preventDefault();
  }

  holdOrTurn() {
    if (this.isTurning) this.#hold();
    else this.#turn();
    this.#onChange();
  }

  end() {
    if (!this.isOn) return;
    this.isOn = false;
    this.#hold();
    document.body.classList.remove("wall");
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    this.#onEnd();
  }
}
