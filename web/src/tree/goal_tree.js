/**
 * The tree as a treegrid: one row a goal, of which only those near the window are drawn
 * when there are many.
 *
 * @typedef {import("../parts/frame.js").Change} Change
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {import("../live/attainment.js").FreshReport} Attained
 * @typedef {import("./filter.js").Filter} Filter
 * @typedef {import("./places.js").Place} Place
 */

import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";

import { LightElement } from "../parts/light.js";
import { styled } from "../parts/styled.js";
import { COLUMNS, heads, keysOf } from "./columns.js";
import { Keys } from "./keys.js";
import { Order } from "./order.js";
import { Places } from "./places.js";
import { goalAddress, goalRow, ownRow } from "./row.js";

// With fewer rows than this all are drawn: the browser's own search then finds all.
const ALL_ROWS_MAX = 300;
const SPARE_ROWS = 12;
const CELLS = COLUMNS.length;
// Rows that change places more often cannot be read.
const SORT_MS = 2000;

export class GoalTree extends LightElement {
  #keys = new Keys();
  /** @type {Frame | null} */
  #frame = null;
  /** @type {Attained | null} */
  #attained = null;
  /** @type {Filter | null} */
  #filter = null;
  /** @type {Order | null} */
  #order = null;
  /** @type {Places | null} */
  #places = null;
  /** @type {Place[]} */
  #rows = [];
  /** The focused row. @type {string | null} */
  #focused = null;
  #cell = -1;
  #from = 0;
  #to = 0;
  /** How many rows there were when it was last looked which are near the window. */
  #looked = -1;
  /** Paper shows every row, wherever the window is. */
  #isPrinting = false;
  #isPressing = false;
  /** Counts what changes all rows: the day, the names, what was read. */
  #round = 0;
  #sortedAt = -SORT_MS;
  /** When rows that stand wrong are sorted again. @type {ReturnType<typeof setTimeout> | undefined} */
  #sorting;

  /**
   * @param {Frame} frame
   * @param {Attained} attained
   * @param {Filter} filter
   */
  listenTo(frame, attained, filter) {
    this.#frame = frame;
    this.#attained = attained;
    this.#filter = filter;
    this.#order = new Order(frame.goals, keysOf(frame, attained));
    this.#places = new Places(frame.goals, this.#order, filter, (id) => hasOwn(attained, id));
    frame.onPaint((change) => this.#paint(change));
    addEventListener("scroll", () => this.#scrolled(), { passive: true });
    addEventListener("resize", () => this.#scrolled());
    addEventListener("beforeprint", () => this.#print(true));
    addEventListener("afterprint", () => this.#print(false));
    // What opens beside the tree moves its rows: not before the press has ended, or it
    // ends on another row and is no click.
    this.addEventListener("pointerdown", () => (this.#isPressing = true));
    for (const end of ["pointerup", "pointercancel"]) {
      document.addEventListener(end, () => (this.#isPressing = false));
    }
  }

  /** @override */
  get isReady() {
    return this.#frame?.isKnown ?? false;
  }

  openAll() {
    this.#places?.openAll();
    this.#rearrange();
  }

  closeAll() {
    this.#places?.closeAll();
    this.#rearrange();
  }

  /** How the rows are sorted and which are open, as it stands in the address. */
  get told() {
    return { sort: this.#order?.text ?? "", open: this.#places?.asked ?? [] };
  }

  /** Take order and open rows from the address. @param {{sort: string, open: string[]}} told */
  tell({ sort, open }) {
    this.#order?.set(sort);
    this.#places?.ask(open);
    this.#rearrange();
  }

  /** Whether rows would stand elsewhere, were they not held. */
  get isOrderStale() {
    return this.#order?.isStale ?? false;
  }

  /** Sort the rows by what they show now. */
  resort() {
    this.#order?.renew();
    this.#rearrange();
  }

  /** Show what another filter lets through. */
  filtered() {
    this.#places?.filtered();
    this.#order?.renew();
    this.#rearrange();
  }

  /** Show what was read anew of all goals. */
  attained() {
    if (this.isReady) this.#paint({ places: true, ids: new Set() });
  }

  /** @override */
  render() {
    const { from, to } = this.#range();
    const drawn = this.#rows.slice(from, to).map((place, index) => ({ place, index: from + index }));
    const focused = this.#focusedIndex();
    if (focused >= 0 && focused < from) drawn.unshift({ place: this.#rows[focused], index: focused });
    if (focused >= to) drawn.push({ place: this.#rows[focused], index: focused });
    const height = `calc(var(--row) * ${this.#rows.length})`;
    const order = /** @type {Order} */ (this.#order);
    return html`<table id="tree" role="treegrid" aria-label="Goals" aria-describedby="keys" aria-rowcount=${this.#rows.length + 1}>
      <thead role="rowgroup">${heads(order, (text) => this.#sort(text))}</thead>
      <tbody role="rowgroup" ${styled({ height })}
        @keydown=${this.#pressed} @click=${this.#clicked} @focusin=${this.#tookFocus}>
        ${repeat(drawn, ({ place }) => place.key, ({ place, index }) => this.#row(place, index, focused < 0))}
      </tbody>
    </table>`;
  }

  /**
   * Draw a row again if something in it is another than before.
   *
   * @param {Place} place
   * @param {number} index
   * @param {boolean} isUnfocused Whether no row has the focus; the first then is the stop.
   */
  #row(place, index, isUnfocused) {
    const frame = /** @type {Frame} */ (this.#frame);
    const attained = /** @type {Attained} */ (this.#attained);
    const goal = frame.goals.get(place.id);
    if (!goal) return nothing;
    const isStop = isUnfocused ? index === 0 : this.#focused === place.key;
    const stop = isStop ? this.#cell : null;
    const isMatch = this.#filter?.isMatch(place.id) ?? true;
    const { level, position, siblings, isParent, isOpen } = place;
    const parts = [goal, this.#round, index, stop, isMatch, level, position, siblings, isParent, isOpen];
    const draw = place.isOwn ? ownRow : goalRow;
    return guard(parts, () => draw({ place, index, isMatch, stop }, goal, frame, attained));
  }

  /** @param {Change} change */
  #paint({ places, ids }) {
    if (places) this.#round += 1;
    if (places && ids.size) this.#attained?.soon();
    const wasStale = this.isOrderStale;
    const isMoved = this.#isMoved(places, ids);
    for (const id of ids) this.#askForTarget(id);
    this.requestUpdate();
    if (isMoved || this.isOrderStale !== wasStale) this.#tellArranged(places);
  }

  /**
   * Put rows in their places where they stand wrong, if they may move; tell whether they did.
   *
   * @param {boolean} places
   * @param {Set<string>} ids
   */
  #isMoved(places, ids) {
    const { goals } = /** @type {Frame} */ (this.#frame);
    const order = /** @type {Order} */ (this.#order);
    order.changed(ids);
    if (places || this.#filter?.isOutdated(goals, ids)) this.#arrange();
    else if (order.isStale && this.#maySort()) this.#sortTouched();
    else return false;
    return true;
  }

  /** Tell whether rows may be sorted now; if it is too early, see to it that they will be. */
  #maySort() {
    const wait = this.#sortedAt + SORT_MS - performance.now();
    if (wait <= 0) return !this.#isHeld;
    this.#sorting ??= setTimeout(() => {
      this.#sorting = undefined;
      this.#paint({ places: false, ids: new Set() });
    }, wait);
    return false;
  }

  /** Whether a row that moves would move away from somebody. */
  get #isHeld() {
    return this.matches(":hover") || this.contains(document.activeElement);
  }

  /** What children's targets add up to is asked for again after a target changed. @param {string} id */
  #askForTarget(id) {
    const row = this.#attained?.get(id);
    const goal = this.#frame?.goals.get(id);
    if (row && goal && row.target !== goal.target) this.#attained?.soon();
  }

  /** @param {string} text */
  #sort(text) {
    this.#order?.set(text);
    this.#rearrange();
    this.dispatchEvent(new CustomEvent("told"));
  }

  #arrange() {
    const { goals } = /** @type {Frame} */ (this.#frame);
    this.#filter?.apply(goals);
    if (!this.#isHeld) {
      this.#order?.renew();
      this.#sortedAt = performance.now();
    }
    this.#rows = this.#places?.rows() ?? [];
  }

  /** Sort those among whom somebody stands wrong; all others stay where they are. */
  #sortTouched() {
    this.#order?.renewTouched();
    this.#sortedAt = performance.now();
    this.#rows = this.#places?.rows() ?? [];
  }

  /** Put rows in their places after somebody asked for it. */
  #rearrange() {
    if (!this.isReady) return;
    this.#arrange();
    this.requestUpdate();
    this.#tellArranged(false);
  }

  /** @param {boolean} areOthers Whether there may be other goals, or other names, than before. */
  #tellArranged(areOthers) {
    this.dispatchEvent(new CustomEvent("arranged", { detail: areOthers }));
  }

  #focusedIndex() {
    return this.#focused === null ? -1 : this.#rows.findIndex(({ key }) => key === this.#focused);
  }

  #range() {
    if (this.#isPrinting || this.#rows.length <= ALL_ROWS_MAX) return { from: 0, to: this.#rows.length };
    return { from: Math.max(0, this.#from), to: Math.min(this.#rows.length, this.#to) };
  }

  /** Draw the rows that are near the window, where they are not yet drawn. */
  #scrolled() {
    if (this.#isPrinting || this.#rows.length <= ALL_ROWS_MAX) return;
    const body = this.querySelector("tbody");
    if (!body) return;
    const { top, height } = body.getBoundingClientRect();
    if (!height) return;
    this.#looked = this.#rows.length;
    const rowHeight = height / this.#rows.length;
    const first = Math.floor(-top / rowHeight);
    const count = Math.ceil(innerHeight / rowHeight);
    if (first >= this.#from && first + count <= this.#to) return;
    this.#from = first - SPARE_ROWS;
    this.#to = first + count + SPARE_ROWS;
    this.requestUpdate();
  }

  /** @param {boolean} isPrinting */
  #print(isPrinting) {
    this.#isPrinting = isPrinting;
    this.requestUpdate();
    // Before the sheets are laid out.
    if (isPrinting) this.performUpdate();
  }

  /** @override */
  updated() {
    // To look has the browser lay everything out at once.
    if (this.#looked !== this.#rows.length) this.#scrolled();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const index = this.#indexOf(event.target);
    if (index < 0) return;
    const element = /** @type {HTMLElement} */ (event.target).closest("tr");
    const titleOf = (/** @type {string} */ id) => this.#frame?.goals.get(id)?.title ?? "";
    const answer = this.#keys.pressed(event, { index, cell: this.#cell }, this.#rows, seenCells(element), titleOf);
    if (answer === null) {
      if (event.key === "Escape") this.#choose(null);
      return;
    }
    event.preventDefault();
    const { id } = this.#rows[index];
    if (answer === "toggle") this.#toggle(this.#rows[index]);
    else if (answer === "open") location.assign(goalAddress(id));
    else if (answer === "explain") location.assign(`${goalAddress(id)}/explain`);
    else this.#go(answer.index, answer.cell);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const index = this.#indexOf(event.target);
    if (index < 0) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const { id } = this.#rows[index];
    if (target.closest("a")) return;
    if (target.closest(".twisty")) this.#toggle(this.#rows[index]);
    this.#choose(id);
  }

  /** @param {Place} place */
  #toggle(place) {
    if (!place.isParent) return;
    this.#places?.setOpen(place.id, !place.isOpen);
    this.#rearrange();
    this.dispatchEvent(new CustomEvent("told"));
  }

  /**
   * @param {number} index
   * @param {number} cell
   */
  #go(index, cell) {
    this.#focused = this.#rows[index].key;
    this.#cell = Math.min(cell, CELLS - 1);
    this.requestUpdate();
    this.performUpdate();
    const row = this.querySelector(selectorOf(this.#rows[index]));
    const element = /** @type {HTMLElement | null | undefined} */ (cell < 0 ? row : row?.children[cell]);
    element?.focus();
    row?.scrollIntoView({ block: "nearest" });
  }

  /** @param {FocusEvent} event */
  #tookFocus(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = target.closest("tr");
    if (!row) return;
    const cell = target.closest("td");
    const place = this.#rows[this.#indexOf(row)];
    this.#focused = place?.key ?? null;
    this.#cell = cell ? [...row.children].indexOf(cell) : -1;
    this.requestUpdate();
    if (!this.#isPressing && place) this.#choose(place.id);
  }

  /** @param {EventTarget | null} target */
  #indexOf(target) {
    const { goal, own } = /** @type {HTMLElement} */ (target).closest("tr")?.dataset ?? {};
    return this.#rows.findIndex((row) => row.id === (goal ?? own) && row.isOwn === (own !== undefined));
  }

  /** @param {string | null} id */
  #choose(id) {
    this.dispatchEvent(new CustomEvent("choose", { detail: id }));
  }
}

/**
 * Tell whether a goal counts records itself.
 *
 * @param {Attained} attained
 * @param {string} id
 */
function hasOwn(attained, id) {
  const own = attained.get(id)?.own;
  return own !== undefined && [own.actual, own.in_progress, own.custom].some((value) => Number(value ?? 0) !== 0);
}

/** @param {Place} place */
function selectorOf({ id, isOwn }) {
  return `tr[data-${isOwn ? "own" : "goal"}="${CSS.escape(id)}"]`;
}

/**
 * Return the places of the cells that this width of the window shows.
 *
 * @param {Element | null} row
 */
function seenCells(row) {
  return [...(row?.children ?? [])].flatMap((cell, index) => (cell.checkVisibility() ? [index] : []));
}

customElements.define("goal-tree", GoalTree);
