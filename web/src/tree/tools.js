/**
 * What stands above the tree: search, filters, view, order, export. All of it stands in
 * the address, so that a link shows the same.
 *
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {import("./filter.js").Filter} Filter
 * @typedef {import("./filter.js").Conditions} Conditions
 * @typedef {{sort: string, open: string[], zoom: string}} Told
 * @typedef {{text: string, value: string}} Choice
 */

import { shownPeriod } from "../words/numbers.js";
import { NO_CONDITIONS } from "./filter.js";

const NAMES = /** @type {(keyof Conditions)[]} */ (Object.keys(NO_CONDITIONS));
// An address that is longer is cut by some mail programs.
const OPEN_MAX = 60;
const compareTexts = new Intl.Collator(undefined, { numeric: true }).compare;

/** @param {string} id */
const find = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class Tools {
  #frame;
  #filter;
  #onFilter;
  isIcicle = false;
  /** What the choices were made of. */
  #offered = "";

  /**
   * @param {Frame} frame
   * @param {Filter} filter
   * @param {() => void} onFilter Told when one wants to see something else.
   */
  constructor(frame, filter, onFilter) {
    this.#frame = frame;
    this.#filter = filter;
    this.#onFilter = onFilter;
    for (const name of NAMES) {
      this.#field(name).addEventListener(name === "q" ? "input" : "change", () => this.#changed());
    }
    find("clear").addEventListener("click", () => this.#clear());
    for (const view of ["table", "icicle"]) find(`view-${view}`).addEventListener("click", () => this.#view(view === "icicle"));
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** Take filter and view from the address; return what it says of rows. @returns {Told} */
  read() {
    const query = new URLSearchParams(location.search);
    const given = NAMES.map((name) => [name, query.get(name) ?? ""]);
    this.#filter.conditions = Object.fromEntries(given);
    this.isIcicle = query.get("view") === "icicle";
    this.#offer(true);
    this.#show();
    return { sort: query.get("sort") ?? "", open: query.getAll("open"), zoom: query.get("zoom") ?? "" };
  }

  /** Write into the address what is shown. @param {Told} told */
  write({ sort, open, zoom }) {
    const query = this.#conditions();
    const { q } = this.#filter.conditions;
    if (q) query.set("q", q);
    if (sort) query.set("sort", sort);
    if (this.isIcicle) query.set("view", "icicle");
    if (this.isIcicle && zoom) query.set("zoom", zoom);
    if (open.length <= OPEN_MAX) for (const id of open) query.append("open", id);
    const text = query.toString();
    history.replaceState(null, "", text ? `?${text}` : location.pathname);
  }

  /** Offer what there is, where that may have changed, and say how much of it is shown. @param {boolean} areOthers */
  refresh(areOthers) {
    if (areOthers) this.#offer(false);
    this.#show();
  }

  /** Return the conditions that the report has, too. */
  #conditions() {
    const query = new URLSearchParams();
    for (const name of NAMES) {
      const value = this.#filter.conditions[name];
      if (value && name !== "q") query.set(name, value);
    }
    return query;
  }

  #show() {
    const { isOn, count, conditions } = this.#filter;
    const { size } = this.#frame.goals;
    find("count").textContent = isOn ? `${count.toLocaleString()} of ${goals(size)}` : goals(size);
    find("clear").hidden = !isOn;
    find("no-match").hidden = !isOn || count > 0 || size === 0;
    for (const view of ["table", "icicle"]) find(`view-${view}`).setAttribute("aria-pressed", String(this.isIcicle === (view === "icicle")));
    const query = this.#conditions();
    query.set("since", "24h");
    for (const form of ["csv", "xlsx"]) {
      query.set("format", form);
      find(form).setAttribute("href", `/v1/reports/attainment?${query}`);
      find(form).title = conditions.q ? "all goals of these filters; words of the title do not narrow a file" : "as it stands now, with its instant";
    }
  }

  #changed() {
    const given = NAMES.map((name) => [name, this.#field(name).value]);
    this.#filter.conditions = Object.fromEntries(given);
    this.#onFilter();
    this.#show();
  }

  #clear() {
    for (const name of NAMES) this.#field(name).value = "";
    this.#changed();
    this.#field("q").focus();
  }

  /** @param {boolean} isIcicle */
  #view(isIcicle) {
    this.isIcicle = isIcicle;
    this.#onFilter();
    this.#show();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key !== "/" || event.ctrlKey || event.metaKey || target.closest("input, select, textarea")) return;
    if (event.defaultPrevented) return;
    event.preventDefault();
    this.#field("q").focus();
  }

  /**
   * Fill the lists with what the goals have.
   *
   * @param {boolean} isFirst Whether to do so even though a list is being looked at.
   */
  #offer(isFirst) {
    if (!isFirst && document.activeElement instanceof HTMLSelectElement) return;
    const choices = this.#choices();
    const offered = JSON.stringify(choices);
    if (offered !== this.#offered) {
      for (const [name, list] of Object.entries(choices)) fill(this.#field(name), list);
      this.#offered = offered;
    }
    for (const name of NAMES) select(this.#field(name), this.#filter.conditions[name]);
  }

  /** @returns {Record<string, Choice[]>} */
  #choices() {
    const { goals, directory } = this.#frame;
    /** @type {Record<string, Map<string, string>>} */
    const found = { metric: new Map(), owner: new Map(), period: new Map() };
    for (const { metric_id: metric, owner, period } of goals.all()) {
      const [who, days] = [`${owner.type}/${owner.id}`, `${period.start}..${period.end}`];
      if (!found.metric.has(metric)) found.metric.set(metric, directory.metricName(metric));
      if (!found.owner.has(who)) found.owner.set(who, directory.nameOf(owner));
      if (!found.period.has(days)) found.period.set(days, shownPeriod(period));
    }
    const sorted = (/** @type {Map<string, string>} */ map) =>
      [...map].map(([value, text]) => ({ text, value })).sort((a, b) => compareTexts(a.text, b.text));
    const periods = [...found.period].sort().reverse().map(([value, text]) => ({ text, value }));
    return { metric: sorted(found.metric), owner: sorted(found.owner), period: periods };
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement | HTMLSelectElement} */ (find(`filter-${name}`));
  }
}

/** @param {number} count */
function goals(count) {
  return `${count.toLocaleString()} ${count === 1 ? "goal" : "goals"}`;
}

/**
 * Put choices into a list behind those that it always has.
 *
 * @param {Element} field
 * @param {Choice[]} choices
 */
function fill(field, choices) {
  field.querySelectorAll("[data-found]").forEach((one) => one.remove());
  for (const { text, value } of choices) add(field, text, value);
}

/**
 * @param {Element} field
 * @param {string} text
 * @param {string} value
 */
function add(field, text, value) {
  const option = new Option(text, value);
  option.dataset.found = "";
  field.append(option);
}

/**
 * Choose what is asked for, also where no goal has it.
 *
 * @param {HTMLInputElement | HTMLSelectElement} field
 * @param {string} value
 */
function select(field, value) {
  if (field.value === value) return;
  const isKnown = !(field instanceof HTMLSelectElement) || [...field.options].some((one) => one.value === value);
  if (!isKnown) add(field, value, value);
  field.value = value;
}
