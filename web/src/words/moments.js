/**
 * Days and instants: where days begin in a zone, and how a reader writes them.
 */

/** @type {string | undefined} As the browser is set. */
const locale = undefined;
const DAY_MS = 86_400_000;

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string} [language]
 */
function format(options, language = locale) {
  const key = JSON.stringify([language, options]);
  const made = formats.get(key) ?? new Intl.DateTimeFormat(language, options);
  formats.set(key, made);
  return made;
}

/** Write an instant with its day, as this reader's clock shows it. @param {string | number | Date} instant */
export function shownMoment(instant) {
  return format({ dateStyle: "medium", timeStyle: "medium" }).format(new Date(instant));
}

/** Write the day of an instant in a zone; if none is given, in the reader's. @param {number} instant @param {string} [timeZone] */
export function shownDay(instant, timeZone) {
  return format({ dateStyle: "medium", timeZone }).format(instant);
}

/** Write day and hour of an instant in a zone. @param {number} instant @param {string} timeZone */
export function shownDayAndTime(instant, timeZone) {
  return format({ dateStyle: "medium", timeStyle: "short", timeZone }).format(instant);
}

/** Write a day in few letters. @param {number} instant @param {string} timeZone */
export function shortDay(instant, timeZone) {
  return format({ day: "numeric", month: "short", timeZone }).format(instant);
}

/**
 * Return the instant at which a day begins in a zone.
 *
 * @param {string} day `YYYY-MM-DD`
 * @param {string} timeZone
 */
export function startOfDay(day, timeZone) {
  const wanted = Date.parse(`${day}T00:00:00Z`);
  let instant = wanted;
  // Twice, as the first guess may lie on the other side of a change of the clocks.
  for (let step = 0; step < 2; step += 1) instant -= wallClock(instant, timeZone) - wanted;
  return instant;
}

/** Return the first days of a period's weeks, months or quarters, a few at most. @param {string} start @param {string} end @param {number} max */
export function ticksOf(start, end, max) {
  const [first, last] = [Date.parse(start), Date.parse(end)];
  const days = Math.round((last - first) / DAY_MS) + 1;
  if (days <= 45) {
    const step = [1, 2, 7, 14].find((one) => days / one <= max) ?? 14;
    return Array.from({ length: Math.ceil(days / step) }, (_, index) => iso(first + index * step * DAY_MS));
  }
  const months = monthsBetween(start, end);
  const step = [1, 2, 3, 6, 12].find((one) => months.length / one <= max) ?? 12;
  return months.filter((_, index) => index % step === 0);
}

/**
 * @param {string} start
 * @param {string} end
 */
function monthsBetween(start, end) {
  const found = [start];
  let [year, month] = start.split("-").map(Number);
  for (;;) {
    [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
    const day = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-01`;
    if (day > end) return found;
    found.push(day);
  }
}

/** @param {number} instant */
function iso(instant) {
  return new Date(instant).toISOString().slice(0, 10);
}

/** Return the day after. @param {string} day */
export function dayAfter(day) {
  return iso(Date.parse(day) + DAY_MS);
}

/**
 * @param {number} instant
 * @param {string} timeZone
 */
function wallClock(instant, timeZone) {
  const text = format({ dateStyle: "short", timeStyle: "medium", timeZone }, "sv-SE").format(instant);
  return Date.parse(`${text.replace(" ", "T")}Z`);
}
