/** What holds for everybody: who reads what, when totals move, and in which currency. */

import { html } from "lit";

import { organizationAside } from "./organization_aside.js";

/** @typedef {import("./kind.js").Kind} Kind */
/** @typedef {import("./fields.js").Field} Field */

const EDITED = ["reading", "hierarchy_security", "goal_rollup_frequency_hours", "goal_rollup_expiry_days", "base_currency"];
const HOURS_MAX = 8760;
const DAYS_MAX = 400;
const LINES_MAX = 100;

/** @type {Kind} */
export const ORGANIZATION = {
  part: "organization",
  one: "organisation",
  title: "Organisation",
  explain: "What holds for everybody: who reads what, when totals move and when they stand still, and the currency.",
  scope: "organization:write",
  needs: ["users", "teams", "roles", "goals"],
  single: "/v1/organization",
  fresh: () => ({}),
  editable: (saved) => Object.fromEntries(EDITED.map((name) => [name, saved[name]])),
  nameOf: () => "Organisation",
  noteOf: () => "",
  created: (draft) => draft,
  links: () => html`<a href="/manage/calendar">Time zone, weeks and fiscal years</a> <a href="/manage/directory?part=roles">Roles</a>`,
  sections: ({ draft }) => [
    {
      title: "Who reads what",
      help: "It goes for people, and for goals: a goal counts the records that its manager may read.",
      fields: [
        {
          name: "reading",
          label: "Reading",
          type: "choice",
          options: [["everyone", "everyone reads everything"], ["roles", "roles allow it"]],
          help: "The first role that is made sets it to roles. To prepare roles in a house that is in use, set it back until each person has one.",
        },
        {
          name: "hierarchy_security.enabled",
          label: "Down the lines",
          type: "check",
          help: "Managers read what their reports own, and what is shared with them, of each entity that a role of theirs reads at least as user.",
        },
        {
          ...numberField("hierarchy_security.depth", "As deep as", draft.hierarchy_security.depth, { min: 1, max: LINES_MAX }),
          suffix: "lines of reporting",
          help: "1: those who report to one directly.",
        },
      ],
    },
    {
      title: "When totals move",
      fields: [
        {
          ...numberField("goal_rollup_frequency_hours", "Move every", draft.goal_rollup_frequency_hours, { min: 0, max: HOURS_MAX }),
          suffix: "hours",
          help: "0: at once, with each record. What people change, such as a new goal or an override, shows at once in any case.",
        },
        {
          ...numberField("goal_rollup_expiry_days", "Stand still after", draft.goal_rollup_expiry_days, { min: 0, max: DAYS_MAX }),
          suffix: "days",
          help: "A goal whose period ended more days ago takes no more records, until somebody recalculates it. With more days, goals catch up.",
        },
      ],
    },
    {
      title: "Money",
      fields: [
        {
          name: "base_currency",
          label: "Currency",
          type: "text",
          needed: true,
          write: (text) => text.trim().toUpperCase(),
          wrong: /^[A-Z]{3}$/.test(draft.base_currency) ? null : "three letters, such as EUR",
          help: "What amounts of money are called. Another currency converts nothing: the numbers stay.",
        },
      ],
    },
  ],
  aside: organizationAside,
};

/**
 * @param {string} name
 * @param {string} label
 * @param {unknown} value
 * @param {{min: number, max: number}} limits
 * @returns {Field}
 */
function numberField(name, label, value, { min, max }) {
  const isFitting = typeof value === "number" && value >= min && value <= max;
  return {
    name,
    label,
    type: "number",
    needed: true,
    read: String,
    // What is no number stays as it was typed, and is refused.
    write: (text) => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : text),
    wrong: isFitting ? null : `a whole number from ${min} to ${max.toLocaleString()}`,
  };
}
