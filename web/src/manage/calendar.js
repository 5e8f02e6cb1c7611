/** The fiscal calendar, the week, and the time zone of the organisation. */

import { html, nothing } from "lit";

import { shownPeriod } from "../words/numbers.js";
import { periodsOf, yearOf } from "./fiscal.js";
import "./fiscal_roots.js";
import { zones } from "./goals.js";

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** @type {import("./kind.js").Kind} */
export const CALENDAR = {
  part: "organization",
  one: "calendar",
  title: "Calendar",
  explain: "When fiscal years begin and how they are divided, what day weeks begin on, and where days begin.",
  scope: "organization:write",
  needs: [],
  single: "/v1/organization",
  fresh: () => ({}),
  editable: ({ fiscal_calendar, week_start, time_zone }) => ({ fiscal_calendar, week_start, time_zone }),
  nameOf: () => "Calendar",
  noteOf: () => "",
  created: (draft) => draft,
  sections: () => [
    {
      title: "Fiscal calendar",
      fields: [
        { name: "fiscal_calendar.start", label: "Begins on", type: "text", needed: true, help: "Month and day, such as 04-01. A day that the month lacks means its last one." },
        {
          name: "fiscal_calendar.template",
          label: "Divided into",
          type: "choice",
          options: [["annual", "whole years"], ["semiannual", "halves"], ["quarterly", "quarters"], ["monthly", "months"], ["four_weekly", "13 times four weeks"]],
        },
        { name: "fiscal_calendar.year_named_by", label: "Year named by", type: "choice", options: [["start", "the year in which it begins"], ["end", "the year in which it ends"]] },
      ],
    },
    {
      title: "Days",
      fields: [
        { name: "week_start", label: "Weeks begin on", type: "choice", options: DAYS.map((day) => /** @type {[string, string]} */ ([day, day])), help: "Conditions such as this-week go by it." },
        { name: "time_zone", label: "Time zone", type: "one", choices: zones(), needed: true, help: "Where days begin for goals that have no time zone of their own." },
      ],
    },
  ],
  aside: ({ draft, saved }) => {
    const today = new Date().toISOString().slice(0, 10);
    const calendar = draft.fiscal_calendar;
    const isOther = JSON.stringify(calendar) !== JSON.stringify(saved.fiscal_calendar);
    const year = /^\d\d-\d\d$/.test(calendar.start) ? yearOf(calendar, today) : null;
    const periods = year ? periodsOf(calendar, year) : [];
    if (!year || !periods.length) return html`<section><p class="fault">The fiscal year begins on a month and a day, such as 04-01.</p></section>`;
    return html`<section><h3>Fiscal year ${year}</h3>
        <table><caption class="unseen">Periods of the year</caption>
          <thead><tr><th scope="col">Period</th><th scope="col">Days</th><th scope="col" class="number">Code</th></tr></thead>
          <tbody>${periods.map((one) => html`<tr aria-current=${one.start <= today && today <= one.end ? "date" : nothing}><th scope="row">${one.name}</th><td title="${one.start} to ${one.end}">${shownPeriod(one)}</td><td class="number">${one.code}</td></tr>`)}</tbody></table></section>
      <section><h3>Goals keep their days</h3>
        <p class="help">${isOther ? "Saving this moves no goal: those that have a fiscal period keep the days it had when it was chosen. " : "Another calendar moves no goal by itself. "}A tree takes the new days when its root is aligned: open the goal, Actions, <i>Align with the calendar</i>.</p>
        <fiscal-roots .calendar=${calendar}></fiscal-roots></section>`;
  },
};
