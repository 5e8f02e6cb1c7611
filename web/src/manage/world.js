/**
 * What forms look up: other things by their names, the organisation, and what may be done.
 *
 * @typedef {import("./choices.js").Choice} Choice
 * @typedef {import("./rights.js").Rights} Rights
 */

import { read } from "../live/api.js";
import { readAll } from "../live/directory.js";
import { choicesOf } from "./choices.js";
import { readRights } from "./rights.js";

export class World {
  /** @type {Map<string, Map<string, any>>} */
  #lists = new Map();
  /** @type {Map<string, Choice[]>} */
  #choices = new Map();
  /** @type {Rights | null} */
  rights = null;
  /** @type {any} */
  organization = null;

  /** Read what a form needs. @param {string[]} lists Names of the API's lists. */
  async read(lists) {
    const [rights, organization] = await Promise.all([
      readRights(),
      read("/v1/organization"),
      ...lists.map((name) => this.readList(name)),
    ]);
    this.rights = rights;
    this.organization = organization;
  }

  /** Read a list anew; one that may not be read is empty. @param {string} name */
  async readList(name) {
    try {
      this.put(name, await readAll(`/v1/${name}`));
    } catch {
      this.put(name, this.list(name));
    }
  }

  /** @param {string} name @param {Map<string, any>} things */
  put(name, things) {
    this.#lists.set(name, things);
    this.#choices.delete(name);
  }

  /** @param {string} name @returns {Map<string, any>} */
  list(name) {
    return this.#lists.get(name) ?? new Map();
  }

  /** @param {string} name @returns {Choice[]} */
  choices(name) {
    const known = this.#choices.get(name) ?? choicesOf(this.list(name).values());
    this.#choices.set(name, known);
    return known;
  }

  /** Return users and teams, by keys such as `team/north`. @returns {Choice[]} */
  principals() {
    const known = this.#choices.get("principals") ?? [
      ...this.choices("users").map(({ id, label }) => ({ id: `user/${id}`, label })),
      ...this.choices("teams").map(({ id, label }) => ({ id: `team/${id}`, label: `${label} · team` })),
    ];
    this.#choices.set("principals", known);
    return known;
  }

  /** @param {string} name @param {string | null | undefined} id */
  nameOf(name, id) {
    const found = this.list(name).get(id ?? "");
    return found?.name ?? found?.title ?? id ?? "";
  }
}

/** Return a principal as its key. @param {any} principal */
export function keyOf(principal) {
  return principal?.id ? `${principal.type}/${principal.id}` : null;
}

/** Return the principal of a key; an id alone is a user's. @param {string | null} key */
export function principalOf(key) {
  if (key === null) return null;
  const [, type, id] = /^(?:(user|team)\/)?(.+)$/.exec(key) ?? [];
  return { type: type ?? "user", id };
}
