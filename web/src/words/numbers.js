/**
 * Numbers and days as people of this browser's locale write them.
 *
 * What comes over the wire is exact decimal text. It is shown rounded and titled
 * exactly; `—` stands for "not measured" and 0 only ever for zero.
 */

export const ABSENT = "—";

/** @typedef {string | null | undefined} Amount Exact decimal text, or not measured. */

/** @type {string | undefined} As the browser is set. */
const locale = undefined;

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** @param {Intl.NumberFormatOptions} options */
export function format(options) {
  const key = JSON.stringify(options);
  const made = formats.get(key) ?? new Intl.NumberFormat(locale, options);
  formats.set(key, made);
  // Exact text in, without a float on the way; the types know only of numbers.
  return { format: (/** @type {string | number} */ value) => made.format(/** @type {any} */ (value)) };
}

/** Shorten an exact number to what fits a narrow column. @param {Amount} text */
export function shown(text) {
  if (text === null || text === undefined) return ABSENT;
  const size = Math.abs(Number(text));
  if (size === 0) return format({ maximumFractionDigits: 0 }).format(0);
  if (size >= 1e10) return format({ notation: "compact", maximumFractionDigits: 2 }).format(text);
  if (size >= 1000) return format({ maximumFractionDigits: 0 }).format(text);
  // Something is never shown as nothing.
  if (size < 1) return format({ maximumSignificantDigits: 2 }).format(text);
  return format({ maximumFractionDigits: 2 }).format(text);
}

/**
 * Write an exact number in full, every digit of it.
 *
 * @param {Amount} text
 */
export function exact(text, unit = "") {
  if (text === null || text === undefined) return "not measured";
  const digits = text.includes(".") ? text.length - text.indexOf(".") - 1 : 0;
  const number = format({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(text);
  return unit ? `${number} ${unit}` : number;
}

/** Write a percentage; 99.96 is not 100 yet. @param {Amount} text */
export function shownPercentage(text) {
  if (text === null || text === undefined) return ABSENT;
  const value = Number(text);
  const digits = Math.abs(value) < 1000 ? 1 : 0;
  return format({
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    roundingMode: "trunc",
  }).format(value);
}

/** @type {Map<string, string>} */
const periods = new Map();

/**
 * Write the days of a period, both included; whole years and months by their names.
 *
 * @param {{start: string, end: string}} period
 */
export function shownPeriod({ start, end }) {
  const key = `${start}/${end}`;
  // Making a format of days costs more than all else in a row.
  const words = periods.get(key) ?? periodInWords(start, end);
  periods.set(key, words);
  return words;
}

/**
 * @param {string} start
 * @param {string} end
 */
function periodInWords(start, end) {
  const [first, last] = [new Date(`${start}T00:00:00Z`), new Date(`${end}T00:00:00Z`)];
  const inWords = (/** @type {Intl.DateTimeFormatOptions} */ options) =>
    new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }).formatRange(first, last);
  if (start.endsWith("-01-01") && end.endsWith("-12-31")) return inWords({ year: "numeric" });
  if (!start.endsWith("-01") || !isLastOfMonth(last)) return inWords({ dateStyle: "medium" });
  const isOne = start.slice(0, 7) === end.slice(0, 7);
  return inWords({ year: "numeric", month: isOne ? "long" : "short" });
}

/** @param {Date} day */
function isLastOfMonth(day) {
  return new Date(day.getTime() + 86_400_000).getUTCDate() === 1;
}

const times = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });

/** Write an instant as the time of this browser's day. @param {Date | number} instant */
export function shownTime(instant) {
  return times.format(instant);
}

/** Write how long ago something was, in the largest unit that says something. @param {number} milliseconds */
export function shownAge(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/** Write a number as short as it can be told from others: 9.25M. @param {Amount} text */
export function shownCompact(text) {
  if (text === null || text === undefined) return ABSENT;
  return format({ notation: "compact", maximumSignificantDigits: 3 }).format(text);
}
