/**
 * A line of the audit trail in words: what changed, and where that is to be seen.
 *
 * @typedef {{number: number, at: string, caller: string, kind: string, id: string, action: string,
 *   before: Record<string, any> | null, after: Record<string, any> | null,
 *   change_set_id: string | null, traceparent: string | null}} Line
 * @typedef {{field: string, before: string | null, after: string | null}} Turn
 */

import { textIn } from "./own_fields.js";

const NOTHING = "nothing";

/** What is written in the trail: what people call it, and where one of it stands. @type {Record<string, [string, ((id: string) => string) | null]>} */
export const KINDS = {
  goal: ["goal", (id) => `/goals/${id}`],
  metric: ["metric", (id) => `/manage/metrics?id=${id}`],
  rollup_query: ["query", (id) => `/manage/queries?id=${id}`],
  entity: ["entity", (id) => `/manage/settings?part=entities&id=${id}`],
  user: ["user", (id) => `/manage/directory?id=${id}`],
  team: ["team", (id) => `/manage/directory?part=teams&id=${id}`],
  business_unit: ["business unit", (id) => `/manage/directory?part=business-units&id=${id}`],
  role: ["role", (id) => `/manage/directory?part=roles&id=${id}`],
  organization: ["organisation", () => "/manage/settings"],
  token: ["API token", () => "/manage/settings?part=tokens&all=1"],
  page_link: ["page link", null],
  recalculation: ["recalculation", null],
  rejected_replay: ["replay of rejected records", null],
};

/** Return where a thing is to be seen; null: nowhere, or no more. @param {Line} line */
export function placeOf({ kind, id, action }) {
  const place = KINDS[kind]?.[1];
  return action === "deleted" || !place ? null : place(encodeURIComponent(id));
}

/**
 * Return a line's changes, one for each field; what lies inside fields has names such as
 * `period.end`. Of what was created or deleted, fields that hold nothing are left out.
 *
 * @param {Line} line
 * @returns {Turn[]}
 */
export function turnsOf({ before, after }) {
  const [was, becomes] = [flat(before), flat(after)];
  return [...new Set([...was.keys(), ...becomes.keys()])]
    .map((field) => ({
      field,
      before: before === null ? null : worded(was.get(field)),
      after: after === null ? null : worded(becomes.get(field)),
    }))
    .filter((turn) => (before && after) || (turn.before ?? turn.after) !== NOTHING);
}

/** @param {Record<string, any> | null} told @param {string} [above] @returns {Map<string, any>} */
function flat(told, above = "") {
  return new Map(
    Object.entries(told ?? {}).flatMap(([name, value]) =>
      value && typeof value === "object" && !Array.isArray(value) && !value.rawJSON && Object.keys(value).length
        ? [...flat(value, `${above}${name}.`)]
        : [[`${above}${name}`, value]],
    ),
  );
}

/** @param {any} value */
function worded(value) {
  if (value === null || value === undefined || value === "") return NOTHING;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join(", ") || "none";
  return typeof value === "object" && !value.rawJSON ? JSON.stringify(value) : textIn(value);
}
