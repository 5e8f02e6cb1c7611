/**
 * The order of siblings, by a column that one chooses.
 *
 * While the tree is held (the pointer is over it, or the focus in it) no row moves: who
 * comes goes to the end, and what stands wrong since is only noted.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../live/goals.js").Goals} Goals
 * @typedef {(goal: Goal) => string | number | null} Key
 * @typedef {{source: string[], ids: string[], at: Map<string, number> | null}} List
 */

const compareTexts = new Intl.Collator(undefined, { numeric: true }).compare;

export class Order {
  #goals;
  #keys;
  /** @type {Map<string | null, List>} */
  #lists = new Map();
  /** Below whom somebody may stand wrong. @type {Set<string | null>} */
  #touched = new Set();
  column = "title";
  isDown = false;
  /** Whether another order would stand here, were the tree not held. */
  isStale = false;

  /**
   * @param {Goals} goals
   * @param {Record<string, Key>} keys What each column sorts by.
   */
  constructor(goals, keys) {
    this.#goals = goals;
    this.#keys = keys;
  }

  /** Sort by a column; by the title where there is no such column. @param {string} text As it stands in the address. */
  set(text) {
    const column = text.replace(/^-/, "");
    this.column = column in this.#keys ? column : "title";
    this.isDown = column === this.column && text.startsWith("-");
    this.renew();
  }

  /** Return the order as it stands in the address; empty: as it is without one. */
  get text() {
    return this.column === "title" && !this.isDown ? "" : `${this.isDown ? "-" : ""}${this.column}`;
  }

  /** Forget where rows stand, so that they are sorted again. */
  renew() {
    this.#lists.clear();
    this.#touched.clear();
    this.isStale = false;
  }

  /** Forget it of those only among whom somebody changed. */
  renewTouched() {
    for (const parent of this.#touched) this.#lists.delete(parent);
    this.#touched.clear();
    this.isStale = false;
  }

  /** Return the ids below a goal, in order. @param {string | null} parent */
  childrenOf(parent) {
    const source = this.#goals.childrenOf(parent);
    const known = this.#lists.get(parent);
    if (known?.source === source) return known.ids;
    const sorted = this.#sorted(source);
    const ids = known ? kept(known.ids, source) : sorted;
    if (known && ids.some((id, index) => id !== sorted[index])) {
      this.#touched.add(parent);
      this.isStale = true;
    }
    this.#lists.set(parent, { source, ids, at: null });
    return ids;
  }

  /** Note whether one of some goals does not stand any more where it would be sorted to. @param {Iterable<string>} ids */
  changed(ids) {
    const compare = this.#compare();
    for (const id of ids) {
      const parent = this.#goals.parentOf(id);
      if (!this.#touched.has(parent) && this.#isMisplaced(id, this.#lists.get(parent), compare)) {
        this.#touched.add(parent);
        this.isStale = true;
      }
    }
  }

  /**
   * @param {string} id
   * @param {List | undefined} list
   * @param {(a: string, b: string) => number} compare
   */
  #isMisplaced(id, list, compare) {
    if (!list) return false;
    list.at ??= new Map(list.ids.map((one, index) => [one, index]));
    const at = list.at.get(id);
    if (at === undefined) return false;
    const [before, after] = [list.ids[at - 1], list.ids[at + 1]];
    return (before !== undefined && compare(before, id) > 0) || (after !== undefined && compare(id, after) > 0);
  }

  /** Who has the same key stays in order of the titles. @param {string[]} source In that order. */
  #sorted(source) {
    if (!this.text) return source;
    const key = this.#keys[this.column];
    const sign = this.isDown ? -1 : 1;
    return source
      .map((id) => ({ id, key: keyOf(this.#goals.get(id), key) }))
      .sort((a, b) => compareKeys(a.key, b.key, sign))
      .map(({ id }) => id);
  }

  #compare() {
    const key = this.#keys[this.column];
    const sign = this.isDown ? -1 : 1;
    /** @type {(a: string, b: string) => number} */
    return (a, b) => compareKeys(keyOf(this.#goals.get(a), key), keyOf(this.#goals.get(b), key), sign);
  }
}

/**
 * @param {Goal | undefined} goal
 * @param {Key} key
 */
function keyOf(goal, key) {
  return goal ? key(goal) : null;
}

/**
 * Compare two keys; what there is none of comes last, either way.
 *
 * @param {string | number | null} a
 * @param {string | number | null} b
 * @param {number} sign
 */
function compareKeys(a, b, sign) {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "string" && typeof b === "string") return sign * compareTexts(a, b);
  return sign * (Number(a) - Number(b));
}

/**
 * Return those of a list that are still there, in its order, and then who is new.
 *
 * @param {string[]} ids
 * @param {string[]} now
 */
function kept(ids, now) {
  const there = new Set(now);
  const old = new Set(ids);
  return [...ids.filter((id) => there.has(id)), ...now.filter((id) => !old.has(id))];
}
