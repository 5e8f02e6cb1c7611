/**
 * What each child, and the goal's own records, add to what it shows: one picture, of one
 * instant, so that it adds up.
 *
 * @typedef {{id: string, title: string, amount: string | null, percentage: string | null, goal: any | null}} Part
 */

import { html, nothing } from "lit";

import { styled } from "../parts/styled.js";
import { difference, isZero, sum } from "../words/decimals.js";
import { shownMoment } from "../words/moments.js";
import { ABSENT, exact, shown, shownPercentage } from "../words/numbers.js";
import { MARKS, statusOf } from "../words/pace.js";
import { asLive } from "./head.js";

/**
 * Return what makes up a goal's actual value, the largest first, and what is left over.
 *
 * @param {any} picture
 * @returns {{parts: Part[], own: string | null, rest: string | null}}
 */
export function partsOf(picture) {
  const children = picture.children ?? [];
  const parts = children
    .map((/** @type {any} */ child) => ({ id: child.id, title: child.title, amount: child.values.actual, percentage: child.percentage, goal: child }))
    .sort((/** @type {Part} */ a, /** @type {Part} */ b) => Number(b.amount ?? 0) - Number(a.amount ?? 0) || (a.title < b.title ? -1 : 1));
  const own = picture.own.actual;
  const total = picture.computed.actual;
  if (total === null) return { parts, own, rest: null };
  const rest = difference(total, sum([own, ...parts.map((/** @type {Part} */ one) => one.amount)]));
  return { parts, own, rest: isZero(rest) ? null : rest };
}

/**
 * @param {any} picture
 * @param {string} unit
 */
export function contribution(picture, unit) {
  const { parts, own, rest } = partsOf(picture);
  if (!parts.length && rest === null) return nothing;
  const total = picture.computed.actual;
  const most = Math.max(...[own, rest, ...parts.map((one) => one.amount)].map((one) => Math.abs(Number(one ?? 0))), 0);
  const row = (/** @type {string | null} */ amount) => ({ amount, share: shareOf(amount, total), width: most ? (Math.abs(Number(amount ?? 0)) / most) * 100 : 0, unit });
  const id = encodeURIComponent(picture.id);
  return html`<section class="contribution" aria-labelledby="contribution-title">
    <div class="list-head"><h2 id="contribution-title">Contribution</h2></div>
    <table class="plain">
      <thead><tr><th scope="col">From</th><th scope="col" class="bars"><span class="unseen">As a bar</span></th><th scope="col" class="number">Adds</th><th scope="col" class="number"><abbr title="share of this goal, in percent">Share</abbr></th><th scope="col" class="number wide"><abbr title="of its own target, in percent">Own %</abbr></th><th scope="col" class="wide">Pace</th></tr></thead>
      <tbody>
        ${parts.map((one) => line(html`<a href=${`/goals/${encodeURIComponent(one.id)}`}>${one.title}</a>`, row(one.amount), one, one.id))}
        ${own !== null && !(picture.rollup_only_from_children && isZero(own)) ? line(html`<a href=${`/goals/${id}?tab=records`}>Own records</a>`, row(own), null, picture.id) : nothing}
        ${rest === null ? nothing : line(html`<span class="quiet">Goals that you may not read</span>`, row(rest), null, null)}
      </tbody>
      <tfoot><tr><th scope="row">Together</th><td class="bars"></td><td class="number" title=${exact(total, unit)}>${shown(total)}</td><td class="number">${total === null ? ABSENT : "100.0"}</td><td class="wide"></td><td class="wide"></td></tr></tfoot>
    </table>
    <p class="list-foot">
      ${picture.is_override || picture.is_overridden ? html`<span class="note">It shows ${exact(picture.values.actual, unit)}: a person set that.</span>` : nothing}
      <span class="as-of">as of ${shownMoment(picture.as_of)}</span>
    </p>
  </section>`;
}

/**
 * @param {unknown} name
 * @param {{amount: string | null, share: string | null, width: number, unit: string}} row
 * @param {Part | null} part
 * @param {string | null} behind The goal whose records explain the number.
 */
function line(name, { amount, share, width, unit }, part, behind) {
  const word = part ? statusOf(asLive(part.goal)) : null;
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="bars"><span class="bar-of ${Number(amount ?? 0) < 0 ? "less" : ""}" ${styled({ width: `${width.toFixed(2)}%` })}></span></td>
    <td class="number" title=${exact(amount, unit)}>${behind ? html`<a class="door" href=${`/goals/${encodeURIComponent(behind)}/explain?field=actual`}>${shown(amount)}</a>` : shown(amount)}</td>
    <td class="number">${shownPercentage(share)}</td>
    <td class="number wide">${part ? shownPercentage(part.percentage) : ""}</td>
    <td class="wide status" data-status=${word ?? "none"}>${word ? html`<span class="mark" aria-hidden="true">${MARKS[word]}</span>${word}` : part ? ABSENT : ""}</td>
  </tr>`;
}

/**
 * @param {string | null} amount
 * @param {string | null} total
 */
function shareOf(amount, total) {
  if (amount === null || total === null || Number(total) === 0) return null;
  return String((Number(amount) / Number(total)) * 100);
}
