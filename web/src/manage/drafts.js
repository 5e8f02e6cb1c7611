/**
 * What somebody is writing: an object in the API's shape, read and changed by the names
 * that the API gives its fields, such as `period.start`.
 */

/** @param {any} draft @param {string} name @returns {any} */
export function at(draft, name) {
  return name.split(".").reduce((value, part) => value?.[part], draft);
}

/**
 * Return the draft with one field changed.
 *
 * @param {any} draft
 * @param {string} name
 * @param {any} value
 * @returns {any}
 */
export function put(draft, name, value) {
  const [first, ...rest] = name.split(".");
  const inner = rest.length ? put(draft?.[first] ?? {}, rest.join("."), value) : value;
  return { ...draft, [first]: inner };
}

/** Return what makes two values the same, whatever the order of their fields. @param {any} value @returns {string} */
export function textOf(value) {
  return JSON.stringify(value, (_, one) =>
    one && typeof one === "object" && !Array.isArray(one) && !("rawJSON" in one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

/**
 * Return the outer fields of a draft that differ from what is stored.
 *
 * @param {any} stored
 * @param {any} draft
 * @returns {Record<string, any>}
 */
export function changesOf(stored, draft) {
  const changed = Object.keys(draft).filter((name) => textOf(draft[name]) !== textOf(stored?.[name]));
  return Object.fromEntries(changed.map((name) => [name, draft[name]]));
}

/** Return what is given: fields that hold nothing are left out. @param {any} draft @returns {any} */
export function givenOf(draft) {
  return Object.fromEntries(
    Object.entries(draft).filter(([, value]) => value !== null && value !== undefined && value !== ""),
  );
}
