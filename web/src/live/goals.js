/**
 * The goals as this page knows them: which there are, who stands under whom.
 *
 * Only the newest state of each goal is kept; an older one that arrives late changes
 * nothing.
 */

/**
 * @typedef {import("./messages.js").Goal} Goal
 */

const compareTitles = new Intl.Collator(undefined, { numeric: true }).compare;

/** What an arrival changed: nothing, what a row says, or where rows stand. */
export const NOTHING = 0;
export const CONTENT = 1;
export const PLACES = 2;

/**
 * Tell whether one state of a goal came after another.
 *
 * @param {Goal} goal
 * @param {Goal} known
 */
export function isNewer(goal, known) {
  if (goal.incarnation !== known.incarnation) return goal.incarnation > known.incarnation;
  return goal.revision > known.revision;
}

export class Goals {
  /** @type {Map<string, Goal>} */
  #byId = new Map();
  /** @type {Map<string | null, string[]> | null} */
  #childrenOf = null;

  get size() {
    return this.#byId.size;
  }

  /** @returns {IterableIterator<Goal>} */
  all() {
    return this.#byId.values();
  }

  /** @param {string | null | undefined} id */
  get(id) {
    return this.#byId.get(id ?? "");
  }

  /** Take a whole picture; what is not in it is gone. @param {Goal[]} goals */
  replaceAll(goals) {
    this.#byId = new Map(goals.map((goal) => [goal.goal_id, goal]));
    this.#childrenOf = null;
  }

  /** Take the newest state of a goal; say what it changed. @param {Goal} goal */
  put(goal) {
    const known = this.#byId.get(goal.goal_id);
    if (known && !isNewer(goal, known)) return NOTHING;
    this.#byId.set(goal.goal_id, goal);
    const stays = known && known.parent_id === goal.parent_id && known.title === goal.title;
    if (stays) {
      // The sorted lists hold ids, so they need not be told.
      return CONTENT;
    }
    this.#childrenOf = null;
    return PLACES;
  }

  /** @param {string} id */
  remove(id) {
    if (!this.#byId.delete(id)) return NOTHING;
    this.#childrenOf = null;
    return PLACES;
  }

  /** Return the ids below a goal in order of their titles; `null` asks for the roots. @param {string | null} id */
  childrenOf(id) {
    this.#childrenOf ??= this.#arrange();
    return this.#childrenOf.get(id) ?? [];
  }

  /** Return the ids of all goals that have others below them. */
  parents() {
    this.#childrenOf ??= this.#arrange();
    return [...this.#childrenOf.keys()].flatMap((id) => id ?? []);
  }

  /** Return the parent's id, or null for a root and where the parent is not shown to us. @param {string} id */
  parentOf(id) {
    const parent = this.#byId.get(id)?.parent_id ?? null;
    return parent !== null && this.#byId.has(parent) ? parent : null;
  }

  #arrange() {
    /** @type {Map<string | null, Goal[]>} */
    const children = new Map();
    for (const goal of this.#byId.values()) {
      const parent = this.parentOf(goal.goal_id);
      const siblings = children.get(parent);
      if (siblings) siblings.push(goal);
      else children.set(parent, [goal]);
    }
    return new Map(
      [...children].map(([parent, goals]) => [parent, goals.sort(byTitle).map((goal) => goal.goal_id)]),
    );
  }
}

/**
 * @param {Goal} a
 * @param {Goal} b
 */
function byTitle(a, b) {
  return compareTitles(a.title, b.title) || (a.goal_id < b.goal_id ? -1 : 1);
}
