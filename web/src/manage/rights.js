/**
 * What the one who looks may do: his session's scopes, and, where he is a person of the
 * directory, the rights of his roles. The API decides; this only says it beforehand.
 */

import { read, readSession } from "../live/api.js";

/** The right that a person needs beside a scope. @type {Record<string, string>} */
const RIGHT_OF = {
  "metrics:write": "manage_metrics",
  "directory:write": "manage_directory",
  "organization:read": "manage_organization",
  "organization:write": "manage_organization",
};

export class Rights {
  /** @param {any} session @param {Set<string> | null} rights Null: no person, to whom rights do not apply. */
  constructor(session, rights) {
    this.session = session;
    this.rights = rights;
  }

  /**
   * Say what is missing to do something; null: nothing.
   *
   * @param {string} scope
   * @param {string | undefined} [right] Another right than the scope's usual one.
   */
  lackOf(scope, right = RIGHT_OF[scope]) {
    if (!this.session.scopes.includes(scope)) return `your session lacks the scope ${scope}`;
    if (this.rights === null || !right || this.rights.has(right)) return null;
    return `you lack the right ${right}; whoever manages roles can give it to you`;
  }
}

/** Ask who looks. */
export async function readRights() {
  const session = await readSession();
  return new Rights(session, session.user_id === null ? null : await rightsOf(session.user_id));
}

/** @param {string} userId @returns {Promise<Set<string>>} */
async function rightsOf(userId) {
  try {
    const [user, teams, roles] = await Promise.all([
      read(`/v1/users/${encodeURIComponent(userId)}`),
      read("/v1/teams?limit=1000"),
      read("/v1/roles?limit=1000"),
    ]);
    const given = new Set(user.roles);
    for (const team of teams.items) {
      if (team.members.includes(userId)) team.roles.forEach((/** @type {string} */ one) => given.add(one));
    }
    return new Set(roles.items.filter((/** @type {any} */ one) => given.has(one.id)).flatMap((/** @type {any} */ one) => one.rights));
  } catch {
    // Who may not look into the directory finds out when he saves.
    return new Set(Object.values(RIGHT_OF));
  }
}
