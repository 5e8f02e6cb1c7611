/**
 * Moves a tile by a pointer: a mouse, a pen, a finger. While it is held a mark shows where
 * it would be dropped, and nothing else moves. Escape cancels, and so does a drop elsewhere.
 *
 * Whoever does not drag has the buttons of each tile, which do the same.
 *
 * @typedef {import("./layout.js").Spot} Spot
 * @typedef {"before" | "after" | "above" | "below"} Side
 * @typedef {{section: number, tile: number | null, side: Side}} Over A tile, or a section without any.
 */

import { droppedAt } from "./layout.js";

// A click that trembles is no drag.
const SLACK = 4;
const EDGE = 56;
const SCROLL = 12;

export class TileDrag {
  #host;
  #onChange;
  #onDrop;
  /** @type {{from: Spot, x: number, y: number, isMoving: boolean, over: Over | null, ends: AbortController} | null} */
  #held = null;

  /**
   * @param {HTMLElement} host What the sections are in.
   * @param {() => void} onChange
   * @param {(from: Spot, to: Spot) => void} onDrop
   */
  constructor(host, onChange, onDrop) {
    this.#host = host;
    this.#onChange = onChange;
    this.#onDrop = onDrop;
  }

  /** Whether a tile is the one that is held. @param {Spot} spot */
  holds({ section, tile }) {
    const { from, isMoving } = this.#held ?? {};
    return isMoving === true && from?.section === section && from.tile === tile;
  }

  /** On which side of a tile what is held would be dropped; null: not there. @param {number} section @param {number | null} tile */
  sideOf(section, tile) {
    const over = this.#held?.over;
    return over && over.section === section && over.tile === tile ? over.side : null;
  }

  /** @param {PointerEvent} event @param {Spot} from */
  start(event, from) {
    if (event.button !== 0 || !event.isPrimary || this.#held) return;
    // No text is selected on the way.
    event.preventDefault();
    const grip = /** @type {HTMLElement} */ (event.currentTarget);
    grip.setPointerCapture(event.pointerId);
    const ends = new AbortController();
    const { signal } = ends;
    this.#held = { from, x: event.clientX, y: event.clientY, isMoving: false, over: null, ends };
    grip.addEventListener("pointermove", (moved) => this.#moved(moved), { signal });
    grip.addEventListener("pointerup", () => this.#drop(), { signal });
    grip.addEventListener("pointercancel", () => this.cancel(), { signal });
    addEventListener("keydown", (pressed) => this.#pressed(pressed), { signal, capture: true });
  }

  cancel() {
    this.#held?.ends.abort();
    this.#held = null;
    this.#onChange();
  }

  /** @param {PointerEvent} event */
  #moved({ clientX, clientY }) {
    const held = this.#held;
    if (!held) return;
    const isFirst = !held.isMoving;
    if (isFirst && Math.hypot(clientX - held.x, clientY - held.y) < SLACK) return;
    [held.x, held.y, held.isMoving] = [clientX, clientY, true];
    this.#look();
    if (isFirst) requestAnimationFrame(() => this.#scroll());
  }

  /** See what is below the pointer. */
  #look() {
    const held = this.#held;
    if (!held) return;
    const over = this.#overAt(held.x, held.y);
    const to = over && droppedAt(held.from, over);
    held.over = to ? over : null;
    this.#onChange();
  }

  /** Near the edges of the window what lies beyond comes into sight. */
  #scroll() {
    const held = this.#held;
    if (!held) return;
    const by = held.y < EDGE ? -SCROLL : held.y > innerHeight - EDGE ? SCROLL : 0;
    if (by) {
      scrollBy(0, by);
      this.#look();
    }
    requestAnimationFrame(() => this.#scroll());
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Over | null}
   */
  #overAt(x, y) {
    const found = document.elementFromPoint(x, y);
    const sections = [...this.#host.querySelectorAll(".tile-section")];
    const within = found?.closest(".tile-section");
    const section = within ? sections.indexOf(within) : -1;
    if (!within || section < 0) return null;
    const tiles = [...within.querySelectorAll(".tile")];
    if (tiles.length === 0) return { section, tile: null, side: "before" };
    const tile = found?.closest(".tile");
    // Beside the tiles: behind the last one.
    if (!tile) return { section, tile: tiles.length - 1, side: isStacked(tiles[0]) ? "below" : "after" };
    const box = tile.getBoundingClientRect();
    const isFirstHalf = isStacked(tile) ? y < box.top + box.height / 2 : x < box.left + box.width / 2;
    const side = isStacked(tile) ? (isFirstHalf ? "above" : "below") : isFirstHalf ? "before" : "after";
    return { section, tile: tiles.indexOf(tile), side };
  }

  #drop() {
    const { from, over } = this.#held ?? {};
    this.cancel();
    const to = from && over && droppedAt(from, over);
    if (to) this.#onDrop(from, to);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.cancel();
  }
}

/** Whether a tile is as wide as its section, so that others stand above it and below. @param {Element} tile */
function isStacked(tile) {
  const room = /** @type {HTMLElement} */ (tile.parentElement);
  return tile.getBoundingClientRect().width > room.getBoundingClientRect().width * 0.9;
}
