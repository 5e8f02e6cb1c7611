/**
 * The operators of conditions, as the server drew them into the document.
 *
 * @typedef {object} Operator
 * @property {string} name
 * @property {string} family
 * @property {string} takes
 * @property {string[]} types
 * @property {boolean} needs_manager
 * @property {string} label
 * @property {string} of_dates
 * @property {string} of_texts
 */

/** @type {{operators: Operator[], besides: string[]}} */
const { operators, besides } = JSON.parse(document.getElementById("operators")?.textContent ?? '{"operators":[],"besides":[]}');

/** What is compared beside the attributes of a record. */
export const BESIDES = besides;

/** @param {string} name */
export const operatorOf = (name) => operators.find((one) => one.name === name);

/** @type {Record<string, "of_dates" | "of_texts">} */
const LABELS = { date: "of_dates", datetime: "of_dates", text: "of_texts", reference: "of_texts" };

/** Return an operator in words that suit what is compared. @param {Operator} operator @param {string | null} type */
export function labelFor(operator, type) {
  return operator[LABELS[type ?? ""] ?? "label"];
}

/** Return the operators that suit a type, by families; all, where nobody declared one. @param {string | null} type */
export function familiesFor(type) {
  /** @type {Map<string, Operator[]>} */
  const families = new Map();
  for (const one of operators) {
    if (type !== null && !one.types.includes(type)) continue;
    families.set(one.family, [...(families.get(one.family) ?? []), one]);
  }
  return families;
}

/** Tell whether conditions ask for the goal's manager. @param {any} where @returns {boolean} */
export function asksForManager(where) {
  if (Array.isArray(where)) return where.some(asksForManager);
  if (!where || typeof where !== "object") return false;
  if (operatorOf(where.operator)?.needs_manager) return true;
  return [where.all, where.any, where.not, where.where].some(asksForManager);
}
