/** Numbers that say by how much something has changed, or lies apart. */

import { signOf } from "./decimals.js";
import { ABSENT, exact, format, shown } from "./numbers.js";

/** @typedef {import("./numbers.js").Amount} Amount */

/** Write a number short, with its sign; the minus is as wide as the plus. @param {Amount} text */
export function shownChange(text) {
  if (text === null || text === undefined) return ABSENT;
  return withSign(text, shown);
}

/** Write it where there is little room: +1.2k, −40, 0. @param {Amount} text */
export function compactChange(text) {
  if (text === null || text === undefined) return ABSENT;
  return format({ notation: "compact", maximumSignificantDigits: 3, signDisplay: "exceptZero" }).format(text).replace("-", "−");
}

/** @param {Amount} text */
export function exactChange(text, unit = "") {
  if (text === null || text === undefined) return "not known";
  return withSign(text, (size) => exact(size, unit));
}

/**
 * @param {string} text
 * @param {(size: string) => string} write
 */
function withSign(text, write) {
  const sign = signOf(text);
  const written = write(text.replace(/^-/, ""));
  return sign === 0 ? `±${written}` : `${sign < 0 ? "−" : "+"}${written}`;
}
