/**
 * Exact arithmetic over decimal text: what adds up on paper adds up here.
 *
 * A number is held as a whole number of its smallest unit, so nothing is ever rounded.
 *
 * @typedef {import("./numbers.js").Amount} Amount
 */

/** @param {string} text */
function parts(text) {
  const [whole, fraction = ""] = text.split(".");
  return { units: BigInt(whole + fraction), places: fraction.length };
}

/**
 * @param {bigint} units
 * @param {number} places
 */
function written(units, places) {
  if (places === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(places + 1, "0");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Add numbers; what is not measured adds nothing. @param {Amount[]} amounts */
export function sum(amounts) {
  const numbers = amounts.flatMap((one) => (one === null || one === undefined ? [] : [parts(one)]));
  const places = Math.max(0, ...numbers.map((one) => one.places));
  const units = numbers.map((one) => one.units * 10n ** BigInt(places - one.places));
  return written(
    units.reduce((total, one) => total + one, 0n),
    places,
  );
}

/** @param {string} text */
export function negated(text) {
  const { units, places } = parts(text);
  return written(-units, places);
}

/**
 * @param {string} text
 * @param {string} less
 */
export function difference(text, less) {
  return sum([text, negated(less)]);
}

/** @param {string} text */
export function isZero(text) {
  return parts(text).units === 0n;
}

/** Return -1, 0 or 1: below zero, zero, above. @param {string} text */
export function signOf(text) {
  const { units } = parts(text);
  return units === 0n ? 0 : units < 0n ? -1 : 1;
}

/** @param {string} text */
export function size(text) {
  return signOf(text) < 0 ? negated(text) : text;
}

/**
 * Order numbers from the least to the greatest.
 *
 * @param {string} one
 * @param {string} other
 */
export function compare(one, other) {
  return signOf(difference(one, other));
}
