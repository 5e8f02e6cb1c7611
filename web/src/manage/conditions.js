/**
 * A query's conditions as a tree of rows that people edit, and back.
 *
 * Each row may be negated any number of times, as `not` may be nested. The root is always
 * a group; a bare one stands for its only condition, or for none.
 *
 * @typedef {{type: "group", nots: number, mode: "all" | "any", isBare: boolean, rows: Row[]}} Group
 * @typedef {{type: "link", nots: number, link: string, entity: string, inside: Group}} Link
 * @typedef {{type: "test", nots: number, attribute: string, operator: string, value?: any,
 *   entity?: string, via?: string}} Test
 * @typedef {Group | Link | Test} Row
 */

/** Return a group without conditions. @param {"all" | "any"} [mode] @returns {Group} */
export function newGroup(mode = "all", isBare = false) {
  return { type: "group", nots: 0, mode, isBare, rows: [] };
}

/** @returns {Test} */
export function newTest(attribute = "") {
  return { type: "test", nots: 0, attribute, operator: "eq", value: "" };
}

/** @returns {Link} */
export function newLink(link = "") {
  return { type: "link", nots: 0, link, entity: "", inside: newGroup("all", true) };
}

/** Return the rows of conditions as the API has them. @param {any} where @returns {Group} */
export function rowsOf(where) {
  if (where === null || where === undefined) return newGroup("all", true);
  const row = rowOf(where);
  if (row.type === "group" && !row.nots) return row;
  return { ...newGroup("all", true), rows: [row] };
}

/** @param {any} where @returns {Row} */
function rowOf(where) {
  if ("not" in where) {
    const row = rowOf(where.not);
    return { ...row, nots: row.nots + 1 };
  }
  for (const mode of /** @type {const} */ (["all", "any"])) {
    if (mode in where) return { ...newGroup(mode), rows: where[mode].map(rowOf) };
  }
  if ("link" in where) {
    return { type: "link", nots: 0, link: where.link, entity: where.entity, inside: rowsOf(where.where) };
  }
  return { type: "test", nots: 0, ...where };
}

/** Return rows as the API takes them; null: every record. @param {Row} row @returns {any} */
export function whereOf(row) {
  let where = withoutNots(row);
  for (let index = 0; index < row.nots; index += 1) where = { not: where };
  return where;
}

/** @param {Row} row */
function withoutNots(row) {
  if (row.type === "test") {
    const { type, nots, ...test } = row;
    return test;
  }
  if (row.type === "link") {
    const inside = whereOf(row.inside);
    const leads = { link: row.link, entity: row.entity };
    return inside === null ? leads : { ...leads, where: inside };
  }
  if (isTransparent(row)) return row.rows.length ? whereOf(row.rows[0]) : null;
  return { [row.mode]: row.rows.map(whereOf) };
}

/** Tell whether a group leaves no trace of itself. @param {Group} group */
function isTransparent(group) {
  return group.isBare && group.rows.length < 2;
}

/**
 * Return the place of a row's own fields, as the API names places in its refusals.
 *
 * @param {Row} row
 * @param {string} place The place of the row.
 */
export function innerPlace(row, place) {
  return place + ".not".repeat(row.nots);
}

/**
 * Return where one of a group's rows stands.
 *
 * @param {Group} group
 * @param {string} place The inner place of the group.
 * @param {number} index
 */
export function placeIn(group, place, index) {
  return isTransparent(group) ? place : `${place}.${group.mode}[${index}]`;
}

/** Tell how many tests there are. @param {Row} row @returns {number} */
export function sizeOf(row) {
  if (row.type === "test") return 1;
  const rows = row.type === "link" ? row.inside.rows : row.rows;
  return rows.reduce((sum, one) => sum + sizeOf(one), row.type === "link" ? 1 : 0);
}
