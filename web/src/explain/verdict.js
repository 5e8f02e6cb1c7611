/**
 * Whether a record counts for a goal, in a sentence, and test by test.
 *
 * @typedef {{field: string, test: string, holds: boolean, seen: string | null, wanted: string, record: string | null, says: string}} Test
 * @typedef {{record: string, version: number, sentence: string, counted: Record<string, boolean>, adds: Record<string, string | null>,
 *   sentences: Record<string, string>, tests: Test[], disagreements: {field: string, says: string, would_add: string | null}[], as_of: string}} Explanation
 */

import { html, nothing } from "lit";

import { MEASURES } from "../goal/rule.js";
import { shownMoment } from "../words/moments.js";
import { exact } from "../words/numbers.js";

/** @type {Record<string, string>} What each test asks. */
const TESTS = {
  exists: "It is there",
  entity: "Its kind",
  period: "Its date",
  state: "Its state",
  status: "Its status",
  query: "The query",
  owner: "Its owner",
  access: "The manager may read it",
  only_from_children: "The goal counts records",
  amount: "Its amount",
};

/**
 * @param {Explanation} found
 * @param {string} unit
 */
export function verdict(found, unit) {
  const slots = Object.keys(MEASURES).filter((slot) => slot in found.counted);
  const counts = slots.filter((slot) => found.counted[slot]);
  return html`<section class="verdict" aria-labelledby="verdict-title" data-counted=${String(counts.length > 0)}>
    <h2 id="verdict-title"><span class="mark" aria-hidden="true">${counts.length ? "✓" : "✗"}</span>
      ${counts.length ? html`Counted: ${counts.map((slot, index) => html`${index ? ", " : ""}${exact(found.adds[slot], unit)} to ${MEASURES[slot].toLowerCase()}`)}` : "Not counted"}</h2>
    <p class="sentence" role="status">${found.sentence}</p>
    ${found.disagreements.map((one) => html`<p class="lag"><b>${MEASURES[one.field]}</b>: the totals hold something else than these tests give: ${one.says}.${one.would_add === null ? nothing : ` By the tests it would add ${exact(one.would_add, unit)}.`}</p>`)}
    ${slots.map((slot) => tests(found, slot, slots.length > 1))}
    <p class="list-foot"><span>${found.record}, version ${String(found.version)}</span><span class="as-of">tested as of ${shownMoment(found.as_of)}</span></p>
  </section>`;
}

/**
 * @param {Explanation} found
 * @param {string} slot
 * @param {boolean} isOneOfMany
 */
function tests(found, slot, isOneOfMany) {
  const rows = found.tests.filter((test) => test.field === slot);
  const failed = rows.filter((test) => !test.holds).length;
  const words = failed ? `${failed} of ${rows.length} tests fail` : `all ${rows.length} tests hold`;
  return html`<div class="scrolled" tabindex="0" role="region" aria-label=${`Tests of ${MEASURES[slot].toLowerCase()}`}><table class="plain tests">
    <caption>${isOneOfMany ? `${MEASURES[slot]}: ${words}` : words}</caption>
    <thead><tr><th scope="col">Test</th><th scope="col">Outcome</th><th scope="col">Seen</th><th scope="col">Wanted</th></tr></thead>
    <tbody>${rows.map(
      (test) => html`<tr class=${test.holds ? "holds" : "fails"}>
        <th scope="row">${TESTS[test.test] ?? test.test}</th>
        <td class="outcome"><span aria-hidden="true">${test.holds ? "✓" : "✗"}</span> ${test.holds ? "holds" : "fails"}</td>
        <td class="why">${test.seen ?? "nothing"}${test.record ? html` <span class="quiet">in ${test.record}</span>` : nothing}</td>
        <td class="why">${test.wanted}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}
