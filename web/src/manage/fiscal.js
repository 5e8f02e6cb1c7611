/**
 * Fiscal years and their periods, reckoned as the API reckons them, so that a form shows
 * the days before anything is sent. A test compares the two.
 *
 * @typedef {{start: string, template: string, year_named_by: string}} Calendar
 * @typedef {{code: number, name: string, start: string, end: string}} Period
 */

const DAY_MS = 86_400_000;
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December"];

/** How years are divided: the code of the first period, how many, and what one is called. */
export const TEMPLATES = {
  annual: { first: 301, count: 1, name: "whole year" },
  semiannual: { first: 201, count: 2, name: "half" },
  quarterly: { first: 1, count: 4, name: "quarter" },
  monthly: { first: 101, count: 12, name: "month" },
  four_weekly: { first: 401, count: 13, name: "four weeks" },
};

/** @param {Calendar} calendar */
function templateOf({ template }) {
  return TEMPLATES[/** @type {keyof typeof TEMPLATES} */ (template)];
}

/**
 * Return the periods of a fiscal year in their order; none, where the calendar does not read.
 *
 * @param {Calendar} calendar
 * @param {number} year
 * @returns {Period[]}
 */
export function periodsOf(calendar, year) {
  const template = templateOf(calendar);
  if (!template || !/^\d\d-\d\d$/.test(calendar.start) || !(year > 0 && year < 9999)) return [];
  return Array.from({ length: template.count }, (_, place) => {
    const code = codeAt(calendar, place);
    const after = place + 1 === template.count ? yearStart(calendar, year + 1) : periodStart(calendar, year, place + 1);
    return {
      code,
      name: nameOf(code),
      start: text(periodStart(calendar, year, place)),
      end: text(after - DAY_MS),
    };
  });
}

/** Return the fiscal year that a day belongs to. @param {Calendar} calendar @param {string} day */
export function yearOf(calendar, day) {
  const at = Date.parse(day);
  const year = Number(day.slice(0, 4));
  return [year + 1, year, year - 1].find((one) => yearStart(calendar, one) <= at) ?? year;
}

/** Return what people call a period, by its code. @param {number} code */
export function nameOf(code) {
  const [hundreds, number] = [Math.floor(code / 100), code % 100];
  if (hundreds === 0) return `Quarter ${number}`;
  if (hundreds === 1) return MONTHS[number - 1];
  if (hundreds === 2) return `Half ${number}`;
  return hundreds === 3 ? "Whole year" : `Four weeks ${number}`;
}

/** @param {Calendar} calendar @param {number} place */
function codeAt(calendar, place) {
  const { first, count } = templateOf(calendar);
  // Months are called after the calendar month that they begin in.
  const shift = calendar.template === "monthly" ? monthOf(calendar) - 1 : 0;
  return first + ((place + shift) % count);
}

/** @param {Calendar} calendar @param {number} year @param {number} place */
function periodStart(calendar, year, place) {
  const begins = yearStart(calendar, year);
  if (calendar.template === "four_weekly") return begins + place * 28 * DAY_MS;
  const months = place * (12 / templateOf(calendar).count);
  const date = new Date(begins);
  return dayIn(date.getUTCFullYear(), date.getUTCMonth() + 1 + months, date.getUTCDate());
}

/** @param {Calendar} calendar @param {number} year */
function yearStart(calendar, year) {
  const isShifted = calendar.year_named_by === "end" && calendar.start !== "01-01";
  return dayIn(isShifted ? year - 1 : year, monthOf(calendar), Number(calendar.start.slice(3)));
}

/** @param {Calendar} calendar */
function monthOf({ start }) {
  return Number(start.slice(0, 2));
}

/** Return the day of a month, or its last where it has not as many. @param {number} year @param {number} month @param {number} day */
function dayIn(year, month, day) {
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return Date.UTC(year, month - 1, Math.min(day, length));
}

/** @param {number} at */
function text(at) {
  return new Date(at).toISOString().slice(0, 10);
}
