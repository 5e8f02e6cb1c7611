/**
 * The second view of the tree: where the gap is. One metric at a time, as widths of
 * different ones cannot be compared.
 *
 * @typedef {import("../charts/icicle.js").Branch} Branch
 * @typedef {import("../charts/icicle.js").Cell} Cell
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../parts/frame.js").Change} Change
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {import("./filter.js").Filter} Filter
 */

import { html, nothing, svg } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";

import { CELL_HEIGHT, cellOf, hatching, placed } from "../charts/icicle.js";
import { sentence } from "../parts/bullet.js";
import { LightElement } from "../parts/light.js";
import { shownPercentage, shownCompact } from "../words/numbers.js";
import { MARKS, elapsedShare, statusOf } from "../words/pace.js";

const WIDTH_MIN = 3;
// What is narrower says less, rather than half of it.
const WORDS_WIDTH_MIN = 190;
const PERCENT_WIDTH_MIN = 72;

export class GoalIcicle extends LightElement {
  /** @type {Frame | null} */
  #frame = null;
  /** @type {Filter | null} */
  #filter = null;
  /** The metric whose goals are shown. */
  #metric = "";
  /** The goal that takes the whole width. @type {string | null} */
  #zoomed = null;
  /** @type {Cell[]} */
  #cells = [];
  #tooNarrow = 0;
  /** How many pixels the whole width has. */
  #width = 1;
  /** @type {string | null} */
  #focused = null;
  #round = 0;

  /**
   * @param {Frame} frame
   * @param {Filter} filter
   */
  listenTo(frame, filter) {
    this.#frame = frame;
    this.#filter = filter;
    frame.onPaint((change) => this.#paint(change));
    addEventListener("resize", () => this.arrange());
  }

  /** @override */
  get isReady() {
    return !this.hidden && (this.#frame?.isKnown ?? false);
  }

  /** Which goal takes the whole width, as it stands in the address. */
  get zoom() {
    return this.#zoomed ?? "";
  }

  set zoom(id) {
    this.#zoomed = id || null;
  }

  /** Place all goals anew. */
  arrange() {
    if (!this.isReady) return;
    this.#round += 1;
    this.#metric = this.#filter?.conditions.metric || this.#usualMetric();
    const all = placed(this.#branches(this.#shownFrom()));
    this.#width = this.clientWidth || 1;
    const least = (WIDTH_MIN / this.#width) * 100;
    this.#cells = all.filter(({ width }) => width >= least);
    this.#tooNarrow = all.length - this.#cells.length;
    this.requestUpdate();
  }

  /** @override */
  render() {
    const { directory } = /** @type {Frame} */ (this.#frame);
    const unit = directory.unitOf(this.#metric);
    const depth = Math.max(0, ...this.#cells.map((cell) => cell.depth)) + 1;
    const isUnfocused = !this.#cells.some(({ id }) => id === this.#focused);
    const what = `${directory.metricName(this.#metric)}${unit && `, ${unit}`}`;
    return html`<figure id="icicle" aria-labelledby="icicle-caption">
      <figcaption id="icicle-caption"><b>${what}</b> <span>width: target · fill: actual of target${this.#tooNarrow ? ` · ${this.#tooNarrow} too narrow to draw; zoom in` : ""}</span>${this.#path()}</figcaption>
      ${this.#cells.length + this.#tooNarrow ? nothing : html`<p class="notice">No goal of this metric has a target, so none has a width.</p>`}
      <svg role="tree" aria-label=${`Goals of ${what}`} width="100%" height=${depth * CELL_HEIGHT}
        @click=${this.#clicked} @keydown=${this.#pressed} @focusin=${this.#tookFocus}>
        ${hatching()}
        ${repeat(this.#cells, ({ id }) => id, (cell, index) => this.#cell(cell, isUnfocused ? index === 0 : cell.id === this.#focused))}
      </svg>
    </figure>`;
  }

  /**
   * @param {Cell} cell
   * @param {boolean} isStop
   */
  #cell(cell, isStop) {
    const { goals, directory } = /** @type {Frame} */ (this.#frame);
    const goal = goals.get(cell.id);
    if (!goal) return nothing;
    return guard([goal, this.#round, isStop], () => {
      const said = sentence(goal, directory.unitOf(goal.metric_id));
      return svg`<svg role="treeitem" data-goal=${cell.id} class=${this.#filter?.isMatch(cell.id) ? "cell" : "cell context"} tabindex=${isStop ? 0 : -1}
        aria-level=${cell.depth + 1} aria-label=${said} x=${`${cell.x.toFixed(3)}%`} y=${cell.depth * CELL_HEIGHT}
        width=${`${cell.width.toFixed(3)}%`} height=${CELL_HEIGHT}><title>${said}</title>${cellOf(cell, shownOf(goal, (cell.width / 100) * this.#width))}</svg>`;
    });
  }

  /** Draw the way from the goal that takes the whole width back to all. */
  #path() {
    if (this.#zoomed === null) return nothing;
    const { goals } = /** @type {Frame} */ (this.#frame);
    const above = [];
    for (let id = goals.parentOf(this.#zoomed); id !== null; id = goals.parentOf(id)) above.unshift(id);
    const step = (/** @type {string | null} */ id, /** @type {string | undefined} */ text) =>
      html`<button type="button" @click=${() => this.#zoomTo(id)}>${text}</button> <span aria-hidden="true">›</span> `;
    return html`<nav aria-label="Zoomed into">${step(null, "All")}${above.map((id) => step(id, goals.get(id)?.title))}<b>${goals.get(this.#zoomed)?.title}</b></nav>`;
  }

  /** @param {Change} change */
  #paint({ places, ids }) {
    const { goals } = /** @type {Frame} */ (this.#frame);
    const isMoved = [...ids].some((id) => goals.get(id)?.target !== this.#targets.get(id));
    if (places || isMoved || this.#filter?.isOutdated(goals, ids)) this.arrange();
    else this.requestUpdate();
  }

  /** The targets that widths go by. @type {Map<string, string | null>} */
  #targets = new Map();

  /** Return the goals that stand at the top. */
  #shownFrom() {
    const { goals } = /** @type {Frame} */ (this.#frame);
    if (this.#zoomed !== null && goals.get(this.#zoomed)?.metric_id === this.#metric) return [this.#zoomed];
    this.#zoomed = null;
    const isTop = (/** @type {Goal} */ goal) => goals.get(goals.parentOf(goal.goal_id))?.metric_id !== this.#metric;
    const inOrder = goals.childrenOf(null).filter((id) => goals.get(id)?.metric_id === this.#metric);
    const others = [...goals.all()].filter((goal) => goal.metric_id === this.#metric && isTop(goal)).map((goal) => goal.goal_id);
    return [...new Set([...inOrder, ...others])];
  }

  /**
   * @param {string[]} ids
   * @returns {Branch[]}
   */
  #branches(ids) {
    const { goals } = /** @type {Frame} */ (this.#frame);
    return ids.flatMap((id) => {
      const goal = goals.get(id);
      if (!goal || goal.metric_id !== this.#metric || !this.#filter?.sees(id)) return [];
      this.#targets.set(id, goal.target);
      return [{ id, target: Number(goal.target ?? 0), children: this.#branches(goals.childrenOf(id)) }];
    });
  }

  /** Return the metric that most goals with a target have, of those that are looked for. */
  #usualMetric() {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { goal_id: id, metric_id: metric, target } of this.#frame?.goals.all() ?? []) {
      if (!this.#filter?.isMatch(id)) continue;
      counts.set(metric, (counts.get(metric) ?? 0) + (target === null ? 0 : 1));
    }
    return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? "";
  }

  /** @param {string | null} id */
  #zoomTo(id) {
    this.#focused = this.#zoomed ?? id;
    this.#zoomed = id;
    this.arrange();
    this.performUpdate();
    this.dispatchEvent(new CustomEvent("told"));
    this.#focus(this.#focused ?? this.#cells[0]?.id);
  }

  /** @param {string | undefined} id */
  #focus(id) {
    if (id === undefined) return;
    const cell = /** @type {SVGElement | null} */ (this.querySelector(`[data-goal="${CSS.escape(id)}"]`));
    cell?.focus();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const id = idAt(event.target);
    if (id) this.#enter(id);
  }

  /** Zoom into a goal that has others below it, or out of the one that fills all. @param {string} id */
  #enter(id) {
    const { goals } = /** @type {Frame} */ (this.#frame);
    if (id === this.#zoomed) this.#zoomTo(goals.parentOf(id));
    else if (goals.childrenOf(id).length) this.#zoomTo(id);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const id = idAt(event.target);
    const to = id && this.#neighbour(event.key, id);
    if (to) this.#focus(to);
    else if (id && (event.key === "Enter" || event.key === " ")) this.#enter(id);
    else if (event.key === "Escape" && this.#zoomed !== null) this.#enter(this.#zoomed);
    else return;
    event.preventDefault();
  }

  /**
   * @param {string} key
   * @param {string} id
   * @returns {string | undefined}
   */
  #neighbour(key, id) {
    const cell = this.#cells.find((one) => one.id === id);
    if (!cell) return undefined;
    const row = this.#cells.filter(({ depth }) => depth === cell.depth).sort((a, b) => a.x - b.x);
    const at = row.indexOf(cell);
    /** @type {Record<string, () => string | null | undefined>} */
    const ways = {
      ArrowLeft: () => row[at - 1]?.id,
      ArrowRight: () => row[at + 1]?.id,
      ArrowUp: () => cell.parent,
      ArrowDown: () => this.#cells.find(({ parent }) => parent === id)?.id,
      Home: () => this.#cells[0]?.id,
    };
    return ways[key]?.() ?? undefined;
  }

  /** @param {FocusEvent} event */
  #tookFocus(event) {
    this.#focused = idAt(event.target) ?? this.#focused;
    this.requestUpdate();
    this.dispatchEvent(new CustomEvent("choose", { detail: this.#focused }));
  }
}

/**
 * @param {Goal} goal
 * @param {number} width How many pixels there are to say it in.
 */
function shownOf(goal, width) {
  const word = statusOf(goal);
  const hasTarget = Number(goal.target ?? 0) > 0;
  const isKnown = hasTarget && goal.values.actual !== null;
  const words = [word ? MARKS[word] : ""];
  if (width >= PERCENT_WIDTH_MIN) words.push(`${shownPercentage(goal.percentage)} %`);
  if (width >= WORDS_WIDTH_MIN) words.push(`· ${shownCompact(goal.values.actual)} of ${shownCompact(goal.target)}`);
  return {
    title: goal.title,
    words: words.join(" ").trim(),
    share: isKnown ? Number(goal.values.actual) / Number(goal.target) : null,
    pace: hasTarget ? elapsedShare(goal.period) : null,
  };
}

/** @param {EventTarget | null} target */
function idAt(target) {
  const cell = /** @type {Element} */ (target).closest("[data-goal]");
  return /** @type {SVGElement | null} */ (cell)?.dataset.goal;
}

customElements.define("goal-icicle", GoalIcicle);
