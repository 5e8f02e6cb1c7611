/**
 * The burn-up of a goal: what it showed over its period, where it should have been, and
 * where it is likely to end. Steps, for records come one by one; the table says the same.
 *
 * @typedef {import("./burn_up_plan.js").Plan} Plan
 * @typedef {import("./burn_up_plan.js").Point} Point
 */

import { scaleLinear } from "d3-scale";
import { curveStepAfter, line } from "d3-shape";
import { html, nothing, svg } from "lit";

import { LightElement } from "../parts/light.js";
import { exact, shown, shownPercentage } from "../words/numbers.js";
import { shortDay, shownDay, shownDayAndTime, startOfDay, ticksOf } from "../words/moments.js";
import { spread } from "./burn_up_plan.js";

const HEIGHT = 300;
const TOP = 16;
const BOTTOM = 24;
const LEFT = 8;
const LABELS = 118;
const LABELS_NARROW = 100;
const NARROW = 560;
const DAY_TICK = 64;

let made = 0;

export class BurnUp extends LightElement {
  /** @override */
  static properties = { plan: { attribute: false }, about: { attribute: false } };
  // Several may stand on one screen.
  #key = ++made;
  #width = 0;
  #chosen = -1;
  #isTable = false;
  #watcher = new ResizeObserver(([{ contentRect }]) => {
    this.#width = contentRect.width;
    this.requestUpdate();
  });

  constructor() {
    super();
    /** @type {Plan | null} */
    this.plan = null;
    /** @type {{title: string, unit: string, timeZone: string, start: string, end: string}} */
    this.about = { title: "", unit: "", timeZone: "Etc/UTC", start: "", end: "" };
  }

  /** @override */
  get isReady() {
    return this.plan !== null;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#watcher.observe(this);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#watcher.disconnect();
  }

  /** @override */
  render() {
    const plan = /** @type {Plan} */ (this.plan);
    return html`<figure class="burn-up">
      <figcaption>
        <span class="keys" aria-hidden="true">${legend(plan)}</span>
        <button type="button" aria-pressed=${String(this.#isTable)} @click=${this.#turn}>Show as table</button>
      </figcaption>
      <p class="unseen" id="burn-up-words-${this.#key}">${this.#sentence(plan)}</p>
      ${this.#isTable ? this.#table(plan) : this.#chart(plan)}
      <p class="readout">${this.#isTable ? nothing : this.#readout(plan)}</p>
    </figure>`;
  }

  #turn() {
    this.#isTable = !this.#isTable;
    this.requestUpdate();
  }

  /** @param {Plan} plan */
  #sentence(plan) {
    const { title, unit, timeZone } = this.about;
    const last = plan.points.at(-1);
    const words = [
      last ? `${title} stood at ${exact(last.text, unit)} on ${shownDayAndTime(last.at, timeZone)}` : `${title} has no known values in this period`,
      plan.target === null ? "it has no target" : `its target is ${shown(String(plan.target))}, to be reached at an even pace by ${shownDay(plan.lastDay, timeZone)}`,
      plan.stretch === null ? "" : `its stretch target is ${shown(String(plan.stretch))}`,
      plan.finish ? `it is projected to end between ${shown(String(plan.finish.low))} and ${shown(String(plan.finish.high))}, at ${shown(String(plan.finish.expected))} by its rate so far` : "there is no projection",
    ];
    return `${words.filter(Boolean).join("; ")}.`;
  }

  /** @param {Plan} plan */
  #readout(plan) {
    const point = plan.points[this.#chosen];
    if (!point) return html`<span class="quiet">Point at the line, or walk along it with the arrow keys.</span>`;
    const { unit, timeZone } = this.about;
    const share = point.percentage === null ? "" : ` · ${shownPercentage(point.percentage)} %`;
    return html`<b>${exact(point.text, unit)}</b>${share} · ${when(point, timeZone)}`;
  }

  /** @param {Plan} plan */
  #chart(plan) {
    const width = this.#width;
    if (width < 40) return html`<div class="room"></div>`;
    const labels = width < NARROW ? LABELS_NARROW : LABELS;
    const x = scaleLinear([plan.from, plan.to], [LEFT, width - labels]);
    const y = scaleLinear(plan.range[0] === plan.range[1] ? [0, 1] : plan.range, [HEIGHT - BOTTOM, TOP]).nice(5);
    return html`<svg class="chart" height=${HEIGHT} width=${width} viewBox="0 0 ${width} ${HEIGHT}" role="group" aria-labelledby="burn-up-words-${this.#key}"
      @pointermove=${(/** @type {PointerEvent} */ event) => this.#pointed(event, x)} @pointerleave=${() => this.#choose(-1)}>
      <defs><pattern id="hatch-${this.#key}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M3 0v6"></path></pattern></defs>
      ${this.#grid(plan, x, y)}
      ${fan(plan, x, y, this.#key)}
      ${pace(plan, x, y)}
      ${level(plan.target, "target-line", x, y)}
      ${level(plan.stretch, "stretch-line", x, y)}
      ${scale(x.range()[0], y)}
      ${this.#steps(plan, x, y)}
      ${sideLabels(plan, x.range()[1], y)}
    </svg>`;
  }

  /**
   * @param {Plan} plan
   * @param {import("d3-scale").ScaleLinear<number, number>} x
   * @param {import("d3-scale").ScaleLinear<number, number>} y
   */
  #grid(plan, x, y) {
    const [left, right] = x.range();
    const { timeZone, start, end } = this.about;
    const days = ticksOf(start, end, Math.max(2, Math.floor((right - left) / DAY_TICK)));
    const floor = HEIGHT - BOTTOM;
    return svg`
      ${y.ticks(5).map((value) => svg`<g class="grid"><path d="M${left} ${y(value)}H${right}"></path></g>`)}
      ${days.map((day) => {
        const at = startOfDay(day, timeZone);
        return svg`<g class="days"><path d="M${x(at)} ${floor}v5"></path><text x=${x(at)} y=${HEIGHT - 5}>${shortDay(at, timeZone)}</text></g>`;
      })}
      <path class="floor" d="M${left} ${y(0)}H${right}"></path>
      ${plan.now > plan.from && plan.now < plan.to ? svg`<path class="today" d="M${x(plan.now)} ${TOP}V${floor}"></path>` : nothing}`;
  }

  /**
   * @param {Plan} plan
   * @param {import("d3-scale").ScaleLinear<number, number>} x
   * @param {import("d3-scale").ScaleLinear<number, number>} y
   */
  #steps(plan, x, y) {
    const draw = line((/** @type {Point} */ one) => x(one.at), (one) => y(one.value)).curve(curveStepAfter);
    const last = plan.points.length - 1;
    const stop = this.#chosen < 0 ? last : this.#chosen;
    const { unit, timeZone } = this.about;
    const seen = plan.points.findIndex((one) => !one.isByDate);
    // The line of what was seen goes on from where the dates of records lead to.
    const dated = seen < 0 ? plan.points : plan.points.slice(0, seen ? seen + 1 : 0);
    return svg`${dated.length ? svg`<path class="dated-line" d=${draw(dated) ?? ""}></path>` : nothing}
      <path class="actual-line" d=${draw(plan.points.slice(seen < 0 ? plan.points.length : seen)) ?? ""}></path>
      <g role="list" aria-label="What it showed" class="points" @keydown=${this.#pressed} @focusout=${() => this.#choose(-1)}>
        ${plan.points.map((one, index) => {
          const share = one.percentage === null ? "" : `, ${shownPercentage(one.percentage)} percent`;
          const words = `${when(one, timeZone)}: ${exact(one.text, unit)}${share}`;
          return svg`<circle role="listitem" aria-label=${words} tabindex=${index === stop ? 0 : -1} class=${index === this.#chosen || index === last ? "seen" : ""}
            cx=${x(one.at)} cy=${y(one.value)} r="4" @focus=${() => this.#choose(index)}></circle>`;
        })}
      </g>`;
  }

  /** @param {number} index */
  #choose(index) {
    if (this.#chosen === index) return;
    this.#chosen = index;
    this.requestUpdate();
  }

  /**
   * @param {PointerEvent} event
   * @param {import("d3-scale").ScaleLinear<number, number>} x
   */
  #pointed(event, x) {
    const points = this.plan?.points ?? [];
    const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    // On a wall all is enlarged.
    const at = x.invert(((event.clientX - box.left) * this.#width) / box.width);
    const found = points.findLastIndex((one) => one.at <= at);
    this.#choose(found < 0 ? 0 : found);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const last = (this.plan?.points.length ?? 0) - 1;
    /** @type {Record<string, number>} */
    const places = { ArrowLeft: this.#chosen - 1, ArrowRight: this.#chosen + 1, Home: 0, End: last };
    const to = places[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const circles = this.querySelectorAll("circle");
    /** @type {SVGElement} */ (circles[Math.min(last, Math.max(0, to))])?.focus();
  }

  /** @param {Plan} plan */
  #table(plan) {
    const { unit, timeZone } = this.about;
    const rows = plan.points.toReversed().map(
      (one) => html`<tr><td>${when(one, timeZone)}</td><td class="number" title=${exact(one.text, unit)}>${shown(one.text)}</td>
        <td class="number">${shown(paceAt(plan, one.at))}</td><td class="number">${shownPercentage(one.percentage)}</td></tr>`,
    );
    return html`<div class="scrolled" tabindex="0" role="region" aria-label="The same as a table"><table class="plain sheet">
      <thead><tr><th scope="col">Since</th><th scope="col" class="number">Actual${unit && `, ${unit}`}</th><th scope="col" class="number">Pace</th><th scope="col" class="number">% of target</th></tr></thead>
      <tbody>${rows}</tbody></table></div>`;
  }
}

/**
 * Return since when something stood, in words; what records tell is told by the day.
 *
 * @param {Point} point
 * @param {string} timeZone
 */
function when({ at, isByDate }, timeZone) {
  return isByDate ? `${shownDay(at, timeZone)}, by the dates of records` : shownDayAndTime(at, timeZone);
}

/**
 * Where a goal should be at an instant.
 *
 * @param {Plan} plan
 * @param {number} at
 */
function paceAt(plan, at) {
  if (plan.target === null) return null;
  const share = plan.lastDay === plan.from ? 1 : Math.min(1, Math.max(0, (at - plan.from) / (plan.lastDay - plan.from)));
  return (plan.target * share).toFixed(4);
}

/**
 * @param {Plan} plan
 * @param {import("d3-scale").ScaleLinear<number, number>} x
 * @param {import("d3-scale").ScaleLinear<number, number>} y
 * @param {number} key Of its hatching.
 */
function fan(plan, x, y, key) {
  const last = plan.points.at(-1);
  if (!plan.finish || !last) return nothing;
  const { low, expected, high } = plan.finish;
  const from = `${x(last.at)} ${y(last.value)}`;
  const end = x(plan.to);
  return svg`<path class="fan" fill="url(#hatch-${key})" d="M${from}L${end} ${y(high)}L${end} ${y(low)}Z"></path>
    <path class="expected-line" d="M${from}L${end} ${y(expected)}"></path>`;
}

/**
 * @param {Plan} plan
 * @param {import("d3-scale").ScaleLinear<number, number>} x
 * @param {import("d3-scale").ScaleLinear<number, number>} y
 */
function pace(plan, x, y) {
  if (plan.target === null) return nothing;
  return svg`<path class="pace-line" d="M${x(plan.from)} ${y(0)}L${x(plan.lastDay)} ${y(plan.target)}"></path>`;
}

/**
 * @param {number | null} value
 * @param {string} name
 * @param {import("d3-scale").ScaleLinear<number, number>} x
 * @param {import("d3-scale").ScaleLinear<number, number>} y
 */
function level(value, name, x, y) {
  if (value === null) return nothing;
  const [left, right] = x.range();
  return svg`<path class=${name} d="M${left} ${y(value)}H${right}"></path>`;
}

/**
 * Write what the lines of the grid mean, where no line of the plan strikes it out.
 *
 * @param {number} left
 * @param {import("d3-scale").ScaleLinear<number, number>} y
 */
function scale(left, y) {
  const values = y.ticks(5).filter((value) => value !== 0);
  return svg`<g class="scale">${values.map((value) => svg`<text x=${left} y=${y(value) - 4}>${compact(value)}</text>`)}</g>`;
}

/**
 * @param {Plan} plan
 * @param {number} right
 * @param {import("d3-scale").ScaleLinear<number, number>} y
 */
function sideLabels(plan, right, y) {
  /** @type {[string, number | null | undefined][]} */
  const named = [["stretch", plan.stretch], ["target", plan.target], ["expected", plan.finish?.expected]];
  const labels = named.flatMap(([name, value]) => (typeof value === "number" ? [{ name, value }] : []));
  const places = spread(labels.map(({ value }) => y(value)), 15, TOP, HEIGHT - BOTTOM);
  return labels.map(({ name, value }, index) => svg`<text class="side ${name}" x=${right + 8} y=${places[index] + 4}>${name} ${compact(value)}</text>`);
}

const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumSignificantDigits: 3 });

/** @param {number} value */
function compact(value) {
  return short.format(value);
}

/** @param {Plan} plan */
function legend(plan) {
  const marks = [
    html`<svg viewBox="0 0 20 10" width="20" height="10"><path class="actual-line" d="M0 8h7V5h6V2h7"></path></svg>actual`,
    plan.points.some((one) => one.isByDate) ? html`<svg viewBox="0 0 20 10" width="20" height="10"><path class="dated-line" d="M0 8h7V5h6V2h7"></path></svg>by the dates of records` : nothing,
    plan.target === null ? nothing : html`<svg viewBox="0 0 20 10" width="20" height="10"><path class="pace-line" d="M0 9L20 1"></path></svg>pace`,
    plan.target === null ? nothing : html`<svg viewBox="0 0 20 10" width="20" height="10"><path class="target-line" d="M0 5h20"></path></svg>target`,
    plan.stretch === null ? nothing : html`<svg viewBox="0 0 20 10" width="20" height="10"><path class="stretch-line" d="M0 5h20"></path></svg>stretch target`,
    plan.finish ? html`<svg viewBox="0 0 20 10" width="20" height="10"><path class="hatch" d="M1 9l6-8M7 9l6-8M13 9l6-8"></path></svg>projection` : nothing,
  ];
  return marks.filter((one) => one !== nothing).map((one) => html`<span>${one}</span>`);
}

customElements.define("burn-up", BurnUp);
