/** Who may hand out tokens and links, and what: nobody more than he has himself. */

/** @typedef {import("./world.js").World} World */

/** Say why nothing can be handed out; null: it can. @param {World} world */
export function lackToHandOut(world) {
  const { rights } = world;
  const lack = rights?.lackOf("organization:write") ?? null;
  if (lack || !rights?.session.user_id) return lack;
  return `you came in as ${rights.session.name}, and people hand out nothing, for they could act as somebody else with it; whoever runs Cairn does it here after cairn page-link, or with cairn token create and cairn page-link --user`;
}

/** What each scope allows, as the API's documents say it. @type {Record<string, string>} */
export const SCOPES = {
  "records:write": "send records to ingest",
  "records:read": "read single records with their attributes, and why they count",
  "goals:read": "read goals with their totals, trees, history and the stream, metrics, queries, entities, settings",
  "goals:write": "make, change, import and recalculate goals",
  "metrics:write": "change metrics, rollup queries and entities",
  "directory:read": "read users, teams, business units and roles",
  "directory:write": "change them",
  "organization:read": "see which tokens there are, operations, and the audit trail",
  "organization:write": "change settings, make and revoke tokens and links to the page",
};
