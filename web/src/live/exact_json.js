/**
 * JSON whose numbers keep every digit: those that a browser would round are kept as they
 * were written, and written so again.
 */

// A browser's number holds any decimal of so many digits.
const DIGITS_MAX = 15;

// Without so many in a row no number is too long; then nothing has to be looked at twice.
const SUSPECT = new RegExp(`[\\d.]{${DIGITS_MAX + 1}}`);

/** @param {string} text @returns {any} */
export function exactJson(text) {
  if (!SUSPECT.test(text)) return JSON.parse(text);
  /** @type {(key: string, value: any, context?: {source: string}) => any} */
  const keep = (_, value, context) =>
    typeof value === "number" && context && isTooLong(context.source)
      ? /** @type {any} */ (JSON).rawJSON(context.source)
      : value;
  return JSON.parse(text, keep);
}

/** @param {string} number */
function isTooLong(number) {
  const digits = number.replace(/e.*$/i, "").replace(/\D/g, "");
  return digits.replace(/^0+|0+$/g, "").length > DIGITS_MAX;
}
