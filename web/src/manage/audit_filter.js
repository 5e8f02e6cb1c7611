/**
 * Which lines of the audit trail are asked for: as the address has it, as the API takes it,
 * and as fields show it.
 *
 * @typedef {Record<"kind" | "id" | "caller" | "action" | "from" | "to", string>} Filter
 */

/** @type {(keyof Filter)[]} */
const NAMES = ["kind", "id", "caller", "action", "from", "to"];
const PART = "audit";

/** Read what the address asks for. @returns {Filter} */
export function filterOfAddress() {
  const asked = new URLSearchParams(location.search);
  return /** @type {Filter} */ (Object.fromEntries(NAMES.map((name) => [name, asked.get(name) ?? ""])));
}

/** Tell whether the address is one of lines at all. */
export function isOfAudit() {
  return new URLSearchParams(location.search).get("part") === PART;
}

/** Return the address of lines. @param {Partial<Filter>} filter */
export function addressOf(filter) {
  return `?${new URLSearchParams({ part: PART, ...givenOf(filter) })}`;
}

/** Return what the API is asked. @param {Partial<Filter>} filter @param {Record<string, string>} [more] */
export function queryOf(filter, more = {}) {
  return new URLSearchParams({ ...givenOf(filter), ...more });
}

/** @param {Partial<Filter>} filter */
function givenOf(filter) {
  return Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
}

/** Write an instant as a field of day and time has it, by this reader's clock. @param {string} instant */
export function localOf(instant) {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Return the instant that such a field means. @param {string} local */
export function instantOf(local) {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString().replace(/\.000Z$/, "Z");
}
