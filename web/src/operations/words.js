/** How the operations screen writes counts, durations and instants. */

import { html, nothing } from "lit";

import { ABSENT, exact, shown, shownAge, shownTime } from "../words/numbers.js";

const days = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const SECOND = 1000;

/** Write a count, or that there is none to be had. @param {number | null | undefined} number */
export function count(number) {
  return shown(number === null || number === undefined ? null : String(number));
}

/** Write a count and what is counted. @param {number} number @param {string} one @param {string} [several] */
export function counted(number, one, several = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : several}`;
}

/** Write a duration in milliseconds, or in seconds where it is long. @param {number | null | undefined} milliseconds */
export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return ABSENT;
  if (milliseconds >= 10 * SECOND) return `${shown((milliseconds / SECOND).toFixed(1))} s`;
  return `${shown(milliseconds >= 10 ? milliseconds.toFixed(0) : String(milliseconds))} ms`;
}

/** Write a duration with every digit that is known. @param {number | null | undefined} milliseconds */
export function exactDuration(milliseconds) {
  return exact(milliseconds?.toString(), "ms");
}

/** Write how long ago an instant was when the picture was taken. @param {string} instant @param {string} at */
export function ago(instant, at) {
  return `${shownAge(Date.parse(at) - Date.parse(instant))} ago`;
}

/** Write an instant: its time, and its day where that is another one. @param {string | null} instant @param {Date} [now] */
export function moment(instant, now = new Date()) {
  if (instant === null) return ABSENT;
  const then = new Date(instant);
  const day = days.format(then);
  return day === days.format(now) ? shownTime(then) : `${day}, ${shownTime(then)}`;
}

/** Show an instant, exact on hover. @param {string | null} instant */
export function time(instant) {
  if (instant === null) return html`${ABSENT}`;
  return html`<time datetime=${instant} title=${instant}>${moment(instant)}</time>`;
}

/**
 * Show a state as a shape and a word.
 *
 * @param {"good" | "warn" | "bad" | "quiet"} tone
 * @param {string} mark
 * @param {string} word
 */
export function state(tone, mark, word) {
  return html`<span class="state ${tone}"><span class="mark" aria-hidden="true">${mark}</span> ${word}</span>`;
}

/**
 * Show a section with its heading, and a remark beside it.
 *
 * @param {string} name
 * @param {unknown} content
 * @param {{id: string, remark?: unknown}} more
 */
export function section(name, content, { id, remark = nothing }) {
  return html`<section aria-labelledby=${id} class=${id}>
    <div class="section-head"><h2 id=${id}>${name}</h2><p class="quiet">${remark}</p></div>
    ${content}
  </section>`;
}

/** Link to a goal. @param {string} id */
export function goalLink(id) {
  return html`<a href="/goals/${encodeURIComponent(id)}">${id}</a>`;
}
