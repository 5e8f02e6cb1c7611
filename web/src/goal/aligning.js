/**
 * The form that takes the days of a fiscal period anew from the present calendar, for a
 * whole tree.
 *
 * @typedef {import("./goal_source.js").GoalSource} GoalSource
 * @typedef {import("./action_dialog.js").Form} Form
 */

import { html } from "lit";

import { read, write } from "../live/api.js";
import { nameOf, periodsOf } from "../manage/fiscal.js";
import { shownPeriod } from "../words/numbers.js";
import { sent, tagOf } from "./forms.js";

/** @param {GoalSource} source @returns {Form} */
export function aligning(source) {
  const { picture } = source;
  const { year, period: code } = picture.period;
  const called = `${nameOf(code)} of fiscal year ${year}`;
  return {
    title: "Align with the calendar",
    explains: html`<p>A goal keeps the days that its fiscal period had when it was chosen. This takes the days that <b>${called}</b> has now, for this goal and all below it; records are counted anew by their dates.</p>`,
    submit: "Take these days",
    preview: async () => {
      const { fiscal_calendar: calendar } = await read("/v1/organization");
      const now = periodsOf(calendar, year).find((one) => one.code === code);
      return html`<dl class="turn"><div><dt>Days now</dt><dd>${days(picture.period)}</dd></div>
        <div><dt>Become</dt><dd><b>${now ? days(now) : `none: the calendar has no ${called} any more`}</b></dd></div></dl>
        ${consequence(source, now)}`;
    },
    send: async () => {
      await sent(source, () => write("POST", `${source.path}/align-fiscal-period`, undefined, { ifMatch: tagOf(source) }));
    },
  };
}

/** @param {GoalSource} source @param {{start: string, end: string} | undefined} now */
function consequence({ picture, frame, id }, now) {
  if (!now) return html`<p>It will be refused: choose another period for this goal, <a href="/manage/goals?id=${encodeURIComponent(id)}">where it is edited</a>.</p>`;
  if (now.start === picture.period.start && now.end === picture.period.end) return html`<p>These are its days already: nothing would change.</p>`;
  const below = [...frame.goals.all()].filter((goal) => goal.tree_id === picture.tree_id).length - 1;
  return html`<p>${below > 0 ? `${below.toLocaleString()} ${below === 1 ? "goal" : "goals"} below that you may see ${below === 1 ? "takes" : "take"} them too.` : "Nothing lies below it."}</p>`;
}

/** Write days both ways: as people call them, and which they are. @param {{start: string, end: string}} period */
function days({ start, end }) {
  return html`${shownPeriod({ start, end })} <span class="quiet">${start} to ${end}</span>`;
}
