/**
 * Which goals one wants to see: conditions that all hold, as the report has them, and
 * words of the title.
 *
 * @typedef {import("../live/messages.js").Goal} Goal
 * @typedef {import("../live/goals.js").Goals} Goals
 * @typedef {{metric: string, owner: string, state: string, period: string, q: string}} Conditions
 */

import { todayIn } from "../words/pace.js";

/** @type {Conditions} */
export const NO_CONDITIONS = { metric: "", owner: "", state: "", period: "", q: "" };

export class Filter {
  conditions = NO_CONDITIONS;
  /** @type {Set<string>} */
  #matches = new Set();
  /** @type {Set<string>} */
  #seen = new Set();

  /** Whether any condition is set. */
  get isOn() {
    return Object.values(this.conditions).some(Boolean);
  }

  /** How many goals match. */
  get count() {
    return this.#matches.size;
  }

  /** Tell whether a goal matches, or something below it. @param {string} id */
  sees(id) {
    return !this.isOn || this.#seen.has(id);
  }

  /** Tell whether a goal is what was asked for, and not only above it. @param {string} id */
  isMatch(id) {
    return !this.isOn || this.#matches.has(id);
  }

  /** Look through all goals. @param {Goals} goals */
  apply(goals) {
    this.#matches = new Set();
    this.#seen = new Set();
    if (!this.isOn) return;
    const test = testOf(this.conditions);
    for (const goal of goals.all()) {
      if (!test(goal)) continue;
      this.#matches.add(goal.goal_id);
      /** @type {string | null} */
      let id = goal.goal_id;
      while (id !== null && !this.#seen.has(id)) {
        this.#seen.add(id);
        id = goals.parentOf(id);
      }
    }
  }

  /**
   * Tell whether one of some goals matches now and did not, or the other way round.
   *
   * @param {Goals} goals
   * @param {Iterable<string>} ids
   */
  isOutdated(goals, ids) {
    if (!this.isOn) return false;
    const test = testOf(this.conditions);
    for (const id of ids) {
      const goal = goals.get(id);
      if (goal && test(goal) !== this.#matches.has(id)) return true;
    }
    return false;
  }
}

/**
 * Return what tells whether a goal fulfils conditions.
 *
 * @param {Conditions} conditions
 * @returns {(goal: Goal) => boolean}
 */
export function testOf({ metric, owner, state, period, q }, now = new Date()) {
  const wanted = q.trim().toLocaleLowerCase();
  const [first, last = first] = period.split("..");
  return (goal) =>
    (!metric || goal.metric_id === metric) &&
    (!owner || `${goal.owner.type}/${goal.owner.id}` === owner) &&
    (!state || goal.state === state) &&
    (!period || (period === "current" ? holdsToday(goal, now) : goal.period.start <= last && goal.period.end >= first)) &&
    (!wanted || goal.title.toLocaleLowerCase().includes(wanted));
}

/**
 * @param {Goal} goal
 * @param {Date} now
 */
function holdsToday({ period }, now) {
  const today = todayIn(period.time_zone, now);
  return period.start <= today && today <= period.end;
}
