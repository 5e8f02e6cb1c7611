/**
 * Which rows of the tree are seen, and in which order: the open part of the forest.
 *
 * An own row stands below a parent for the records that it counts itself.
 *
 * @typedef {import("../live/goals.js").Goals} Goals
 * @typedef {import("./filter.js").Filter} Filter
 * @typedef {import("./order.js").Order} Order
 * @typedef {{key: string, id: string, isOwn: boolean, level: number, position: number,
 *   siblings: number, isParent: boolean, isOpen: boolean}} Place
 */

export class Places {
  #goals;
  #order;
  #filter;
  #hasOwn;
  /** @type {Set<string>} */
  #open = new Set();
  /** While a filter is on all is open but this. @type {Set<string>} */
  #closed = new Set();
  /** @type {Set<string>} */
  #known = new Set();
  /** What the address says is open, until there are goals. @type {string[] | null} */
  #asked = null;

  /**
   * @param {Goals} goals
   * @param {Order} order
   * @param {Filter} filter
   * @param {(id: string) => boolean} hasOwn Tells whether a goal counts records itself.
   */
  constructor(goals, order, filter, hasOwn) {
    this.#goals = goals;
    this.#order = order;
    this.#filter = filter;
    this.#hasOwn = hasOwn;
  }

  /**
   * @param {string} id
   * @param {boolean} isOpen
   */
  setOpen(id, isOpen) {
    if (this.#filter.isOn) {
      if (isOpen) this.#closed.delete(id);
      else this.#closed.add(id);
    } else if (isOpen) this.#open.add(id);
    else this.#open.delete(id);
  }

  openAll() {
    this.#closed.clear();
    if (!this.#filter.isOn) this.#open = new Set(this.#goals.parents());
  }

  closeAll() {
    if (this.#filter.isOn) this.#closed = new Set(this.#goals.parents());
    else this.#open.clear();
  }

  /** Let all that a filter finds be seen. */
  filtered() {
    this.#closed.clear();
  }

  /** Take what the address says is open: ids, or `all`. @param {string[]} asked */
  ask(asked) {
    if (asked.length) this.#asked = asked;
  }

  /** Return what is open as it stands in the address; empty where it is the roots that are. */
  get asked() {
    if (this.#asked) return this.#asked;
    const parents = this.#goals.parents();
    const open = parents.filter((id) => this.#open.has(id));
    if (open.length === parents.length) {
      return parents.every((id) => this.#goals.parentOf(id) === null) ? [] : ["all"];
    }
    const isUsual = parents.every((id) => this.#open.has(id) === (this.#goals.parentOf(id) === null));
    if (isUsual) return [];
    return open.length ? open : [""];
  }

  /** Return the rows from top to bottom. @returns {Place[]} */
  rows() {
    this.#openAsked();
    this.#openNewRoots();
    /** @type {Place[]} */
    const rows = [];
    this.#walk(null, 1, rows);
    return rows;
  }

  #openAsked() {
    if (this.#asked === null || this.#goals.size === 0) return;
    if (this.#asked[0] === "all") this.#open = new Set(this.#goals.parents());
    else this.#open = new Set(this.#asked);
    this.#known = new Set(this.#goals.childrenOf(null));
    this.#asked = null;
  }

  /** A root opens once, when it is first seen; afterwards people decide. */
  #openNewRoots() {
    for (const id of this.#goals.childrenOf(null)) {
      if (!this.#known.has(id)) this.#open.add(id);
      this.#known.add(id);
    }
  }

  /** @param {string} id */
  #isOpen(id) {
    return this.#filter.isOn ? !this.#closed.has(id) : this.#open.has(id);
  }

  /** @param {string | null} parent */
  #seenBelow(parent) {
    const ids = this.#order.childrenOf(parent);
    return this.#filter.isOn ? ids.filter((id) => this.#filter.sees(id)) : ids;
  }

  /**
   * @param {string | null} parent
   * @param {number} level
   * @param {Place[]} rows
   */
  #walk(parent, level, rows) {
    const ids = this.#seenBelow(parent);
    const owner = parent !== null && this.#filter.isMatch(parent) && this.#hasOwn(parent) ? parent : null;
    const siblings = ids.length + (owner === null ? 0 : 1);
    ids.forEach((id, index) => {
      const isParent = this.#hasSeenBelow(id);
      const isOpen = isParent && this.#isOpen(id);
      rows.push({ key: id, id, isOwn: false, level, position: index + 1, siblings, isParent, isOpen });
      if (isOpen) this.#walk(id, level + 1, rows);
    });
    if (owner === null) return;
    rows.push({ key: `${owner}\nown`, id: owner, isOwn: true, level, position: siblings, siblings, isParent: false, isOpen: false });
  }

  /** @param {string} id */
  #hasSeenBelow(id) {
    const ids = this.#goals.childrenOf(id);
    return this.#filter.isOn ? ids.some((one) => this.#filter.sees(one)) : ids.length > 0;
  }
}
