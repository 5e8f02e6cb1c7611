/** How goals are listed and edited. */

import { html } from "lit";

import { shownPeriod } from "../words/numbers.js";
import { givenOf } from "./drafts.js";
import { wrongAmount } from "./fields.js";
import { periodsOf, yearOf } from "./fiscal.js";
import { goalAside } from "./goal_aside.js";
import { SLOT_NAMES } from "./metrics.js";
import { attributesBox, sharesBox } from "./own_fields.js";
import { keyOf, principalOf } from "./world.js";

/** @typedef {import("./kind.js").Kind} Kind */
/** @typedef {import("./kind.js").Editing} Editing */
/** @typedef {import("./fields.js").Field} Field */

const EDITED = ["title", "metric_id", "owner", "manager_id", "parent_id", "period", "time_zone", "target", "stretch_target",
  "owner_records_only", "include_team_members", "rollup_only_from_children", "queries", "attributes", "shared_with"];
/** @type {Record<string, number>} */
const DECIMALS = { money: 4, decimal: 2, integer: 0 };

/** @type {Kind} */
export const GOALS = {
  part: "goals",
  one: "goal",
  title: "Goals",
  explain: "A goal is a target for somebody in a period. A metric says what counts; goals below one another add up.",
  scope: "goals:write",
  needs: ["metrics", "users", "teams", "rollup-queries"],
  fresh: (world) => freshGoal(world),
  editable: (goal) => Object.fromEntries(EDITED.map((name) => [name, goal[name]])),
  nameOf: ({ title }) => title,
  noteOf: ({ owner, period }, world) => `${world.nameOf(owner?.type === "team" ? "teams" : "users", owner?.id)} · ${period ? shownPeriod(period) : ""}`,
  sections,
  created: (draft) => {
    const { metric_id, period, time_zone, ...rest } = draft;
    const tree = draft.parent_id ? {} : { metric_id, time_zone, period: sentPeriod(period) };
    return givenOf({ ...rest, ...tree, queries: givenOf(draft.queries) });
  },
  changed: ({ period, ...changes }) => (period ? { ...changes, period: sentPeriod(period) } : changes),
  aside: goalAside,
  links: ({ saved }) => html`<a href="/goals/${encodeURIComponent(saved.id)}">How it stands</a>
    <a href="/goals/${encodeURIComponent(saved.id)}/explain">What counts</a>`,
  deleting: "Its records stay; goals below it become roots of trees of their own.",
};

/** Return a goal with what most goals have. @param {import("./world.js").World} world */
export function freshGoal(world) {
  const me = world.rights?.session.user_id ?? null;
  const metrics = [...world.list("metrics").keys()];
  const calendar = world.organization.fiscal_calendar;
  const today = new Date().toISOString().slice(0, 10);
  const year = yearOf(calendar, today);
  const now = periodsOf(calendar, year).find(({ start, end }) => start <= today && today <= end);
  return {
    title: "",
    metric_id: metrics.length === 1 ? metrics[0] : null,
    owner: me ? { type: "user", id: me } : null,
    manager_id: me,
    parent_id: new URLSearchParams(location.search).get("parent"),
    period: { kind: "fiscal", year, period: now?.code ?? null },
    time_zone: world.organization.time_zone,
    target: null,
    stretch_target: null,
    owner_records_only: true,
    include_team_members: false,
    rollup_only_from_children: false,
    queries: { actual: null, in_progress: null, custom: null },
    attributes: {},
    shared_with: [],
  };
}

/** @param {any} period */
function sentPeriod({ kind, start, end, year, period }) {
  return kind === "custom" ? { kind, start, end } : { kind, year, period };
}

/** Return the days of a period; null, as long as it is not chosen. @param {any} draft @param {import("./world.js").World} world */
export function daysOf(draft, world) {
  const parent = world.list("goals").get(draft.parent_id ?? "");
  const { kind, start, end, year, period } = parent?.period ?? draft.period;
  if (parent || kind === "custom") return start && end ? { start, end } : null;
  return periodsOf(world.organization.fiscal_calendar, year).find((one) => one.code === period) ?? null;
}

/** Return the metric that a goal has or takes from its parent. @param {any} draft @param {import("./world.js").World} world */
export function metricOf(draft, world) {
  const parent = world.list("goals").get(draft.parent_id ?? "");
  return world.list("metrics").get(parent?.metric_id ?? draft.metric_id ?? "") ?? null;
}

/** @param {Editing} editing @returns {import("./kind.js").Section[]} */
function sections(editing) {
  return [what(editing), who(editing), when(editing), howMuch(editing), which(editing), more(editing)];
}

/** @param {Editing} editing */
function what({ draft, saved, world }) {
  const parent = world.list("goals").get(draft.parent_id ?? "");
  const below = saved ? [...world.list("goals").values()].filter((goal) => goal.parent_id === saved.id).length : 0;
  const inherited = parent ? `The whole tree shares it: “${parent.title}” above is measured by ${world.nameOf("metrics", parent.metric_id)}.` : null;
  const shared = below ? "The goals below share it: take them from under this one first." : null;
  const others = world.choices("goals").filter(({ id }) => id !== saved?.id);
  return {
    title: "What",
    fields: /** @type {Field[]} */ ([
      { name: "title", label: "Title", type: "text", needed: true },
      { name: "parent_id", label: "Below", type: "one", choices: others, help: "The goal that this one adds to; empty: it stands by itself." },
      {
        name: "metric_id",
        label: "Metric",
        type: "one",
        choices: world.choices("metrics"),
        needed: true,
        fixed: inherited ?? shared,
        read: (id) => (parent ? parent.metric_id : id),
        help: "What it is measured by.",
      },
    ]),
  };
}

/** @param {Editing} editing */
function who({ world }) {
  return {
    title: "Who",
    fields: /** @type {Field[]} */ ([
      { name: "owner", label: "Owner", type: "one", choices: world.principals(), needed: true, read: keyOf, write: principalOf, help: "A person or a team whose target it is." },
      {
        name: "manager_id",
        label: "Manager",
        type: "one",
        choices: world.choices("users"),
        needed: world.rights?.session.user_id === null,
        help: "Only records that this person may read count.",
      },
    ]),
  };
}

/** @param {Editing} editing */
function when({ draft, saved, world }) {
  const parent = world.list("goals").get(draft.parent_id ?? "");
  const calendar = world.organization.fiscal_calendar;
  const fixed = parent ? `The whole tree shares it: ${shownPeriod(parent.period)}, as “${parent.title}” above.` : null;
  const days = daysOf(draft, world);
  const { kind } = draft.period;
  const year = draft.period.year ?? yearOf(calendar, days?.start ?? new Date().toISOString().slice(0, 10));
  const choose = (/** @type {string} */ one) => {
    if (one === "custom") return { kind: one, start: days?.start ?? null, end: days?.end ?? null };
    return { kind: one, year, period: periodsOf(calendar, year)[0]?.code ?? null };
  };
  /** @type {Field[]} */
  const fields = [
    {
      name: "period",
      label: "Period",
      type: "choice",
      options: [["fiscal", "a period of the fiscal calendar"], ["custom", "days of its own"]],
      read: (period) => period.kind,
      write: choose,
      fixed,
      help: saved ? "The whole tree below moves along." : undefined,
    },
  ];
  if (!fixed && kind === "custom") {
    const isBackwards = draft.period.start && draft.period.end && draft.period.end < draft.period.start;
    fields.push(
      { name: "period.start", label: "First day", type: "day", needed: true },
      { name: "period.end", label: "Last day", type: "day", needed: true, wrong: isBackwards ? "This day is before the first one." : null, help: "Both days count." },
    );
  }
  if (!fixed && kind === "fiscal") {
    const options = periodsOf(calendar, draft.period.year ?? year).map((one) => /** @type {[string, string]} */ ([String(one.code), `${one.name} · ${shownPeriod(one)}`]));
    const known = options.some(([code]) => code === String(draft.period.period));
    fields.push(
      { name: "period.year", label: "Fiscal year", type: "number", needed: true, write: (text) => (/^\d+$/.test(text) ? Number(text) : text) },
      {
        name: "period.period",
        label: "Fiscal period",
        type: "choice",
        options: known ? options : [[String(draft.period.period ?? ""), "choose"], ...options],
        write: Number,
        help: days ? `${days.start} to ${days.end}, both included.` : "The fiscal calendar has no such period.",
      },
    );
  }
  fields.push({
    name: "time_zone",
    label: "Time zone",
    type: "one",
    choices: zones(),
    fixed: parent ? "The whole tree shares it." : null,
    help: `Where its days begin; the organisation’s is ${world.organization.time_zone}.`,
  });

  return { title: "When", fields };
}

/** @type {{id: string, label: string}[] | null} */
let knownZones = null;

/** Return the time zones that this browser knows. */
export function zones() {
  knownZones ??= Intl.supportedValuesOf("timeZone").map((id) => ({ id, label: id }));
  return knownZones;
}

/** @param {Editing} editing */
function howMuch({ draft, world }) {
  const metric = metricOf(draft, world);
  const decimals = metric ? (DECIMALS[metric.data_type] ?? 0) : 4;
  const suffix = metric?.data_type === "money" ? world.organization.base_currency : "";
  const amount = (/** @type {string} */ name, /** @type {string} */ label) => ({
    name,
    label,
    type: /** @type {const} */ ("number"),
    suffix,
    read: plain,
    write: (/** @type {string} */ text) => text.trim() || null,
    wrong: wrongAmount(draft[name], decimals),
  });
  return {
    title: "How much",
    fields: /** @type {Field[]} */ ([
      amount("target", "Target"),
      {
        ...amount("stretch_target", "Stretch target"),
        fixed: metric && !metric.stretch_tracked ? `${metric.name} tracks no stretch targets; another metric may.` : null,
      },
    ]),
  };
}

/** Write exact text without decimals that say nothing. @param {string | null} text */
function plain(text) {
  return /^-?\d+\.\d+$/.test(text ?? "") ? (text ?? "").replace(/\.?0+$/, "") : text;
}

/** @param {Editing} editing */
function which({ draft, world }) {
  const metric = metricOf(draft, world);
  const isTeam = draft.owner?.type === "team";
  const queries = [...world.list("rollup-queries").values()];
  const slots = Object.entries(metric?.rollup_fields ?? {}).filter(([, field]) => field);
  return {
    title: "Which records",
    fields: /** @type {Field[]} */ ([
      { name: "rollup_only_from_children", label: "Only from below", type: "check", help: "It adds up what the goals below it show, and counts no records of its own." },
      { name: "owner_records_only", label: "Only the owner’s", type: "check", help: "Records of its owner only; otherwise everybody’s." },
      {
        name: "include_team_members",
        label: "And of members",
        type: "check",
        help: "Of a team’s goal: records that its members own count too.",
        fixed: isTeam ? null : "Of a team’s goal only; its owner is a person.",
      },
      ...slots.map(([slot, field]) => ({
        name: `queries.${slot}`,
        label: `${SLOT_NAMES[slot]}: query`,
        type: /** @type {const} */ ("one"),
        choices: choicesFor(queries, field.source_entity),
        help: `Narrows which ${field.source_entity} records count; empty: all that the metric counts.`,
      })),
    ]),
  };
}

/** @param {any[]} queries @param {string} entity */
function choicesFor(queries, entity) {
  return queries
    .filter((query) => query.entity === entity && query.state === "active")
    .map(({ id, name }) => ({ id, label: name === id ? id : `${name} (${id})` }));
}

/** @param {Editing} editing */
function more({ draft, world, set }) {
  return {
    title: "More",
    fields: /** @type {Field[]} */ ([
      { name: "shared_with", label: "Shared with", type: "own", help: "Who may do what with this goal, beside those whose roles allow it.", draw: () => sharesBox({ shares: draft.shared_with, choices: world.principals(), onChange: (shares) => set("shared_with", shares) }) },
      { name: "attributes", label: "Attributes", type: "own", help: "Whatever else you want to keep with it, such as region.", draw: () => attributesBox({ attributes: draft.attributes, onChange: (attributes) => set("attributes", attributes) }) },
    ]),
  };
}

