/** What settings of the organisation mean for the people and goals that there are. */

import { html, nothing } from "lit";

import { shownDayAndTime } from "../words/moments.js";

/** @typedef {import("./kind.js").Editing} Editing */
/** @typedef {import("./world.js").World} World */

const NAMED_MAX = 8;
const MOMENTS = 3;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** @param {Editing} editing */
export function organizationAside(editing) {
  return html`${readers(editing)}${lines(editing)}${moments(editing)}${standing(editing)}`;
}

/** Who would read goals at all. @param {Editing} editing */
function readers({ draft, world }) {
  if (world.rights?.lackOf("directory:read")) return nothing;
  const people = [...world.list("users").values()].filter((one) => !one.disabled);
  if (draft.reading === "everyone") {
    return html`<section><h3>Who reads goals</h3><p>Everybody reads all goals and all records: ${counted(people.length, "person", "people")} of the directory. Roles say what they may change.</p></section>`;
  }
  const without = readingNothing(people, world);
  return html`<section><h3>Who reads goals</h3>
    <p>${people.length - without.length} of ${counted(people.length, "person", "people")} ${people.length - without.length === 1 ? "has" : "have"} a role that reads goals, each as far as it reaches.</p>
    ${without.length ? html`<p class="warned">Without such a role, and so without any goal: ${named(without)}.</p>` : nothing}
    ${world.list("roles").size ? nothing : html`<p class="warned">There are no roles: nobody of the directory would read anything, and goals would count nothing. <a href="/manage/directory?part=roles&new=1">Make one first</a>.</p>`}</section>`;
}

/** Return those whose roles read no goals. @param {any[]} people @param {World} world */
export function readingNothing(people, world) {
  const reading = new Set([...world.list("roles").values()].filter(readsGoals).map(({ id }) => id));
  const inTeams = new Set([...world.list("teams").values()].filter(({ roles }) => roles.some(isIn)).flatMap(({ members }) => members));
  function isIn(/** @type {string} */ role) {
    return reading.has(role);
  }
  return people.filter(({ id, roles }) => !roles.some(isIn) && !inTeams.has(id));
}

/** @param {any} role */
function readsGoals({ privileges }) {
  const actions = privileges.goal ?? privileges["*"] ?? {};
  return (actions.read ?? "none") !== "none";
}

/** Who would read down the lines. @param {Editing} editing */
function lines({ draft: { hierarchy_security: hierarchy, reading }, world }) {
  if (!hierarchy.enabled || world.rights?.lackOf("directory:read")) return nothing;
  const below = reportsOf([...world.list("users").values()], Number(hierarchy.depth));
  const largest = [...below].sort(([, a], [, b]) => b - a).slice(0, NAMED_MAX);
  return html`<section><h3>Down the lines</h3>
    <p>${below.size ? html`${counted(below.size, "person has", "people have")} others below them within ${counted(hierarchy.depth, "line", "lines")}: ${largest.map(([id, count], at) => html`${at ? ", " : ""}${person(id, world)} ${count}`)}${below.size > NAMED_MAX ? " …" : "."}` : "Nobody has others below: who reports to whom is not in the directory."}</p>
    ${reading === "everyone" ? html`<p class="help">As long as everyone reads everything, it adds nothing.</p>` : nothing}</section>`;
}

/**
 * Return how many report to each, within so many lines.
 *
 * @param {any[]} people
 * @param {number} depth
 * @returns {Map<string, number>}
 */
export function reportsOf(people, depth) {
  const managers = new Map(people.map(({ id, manager_id: manager }) => [id, manager]));
  const counts = new Map();
  for (const { id } of people) {
    let above = managers.get(id);
    for (let line = 0; line < depth && above && above !== id; line += 1) {
      counts.set(above, (counts.get(above) ?? 0) + 1);
      above = managers.get(above);
    }
  }
  return counts;
}

/** @param {Editing} editing */
function moments({ draft: { goal_rollup_frequency_hours: hours } }) {
  if (typeof hours !== "number") return nothing;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const next = nextMoments(Date.now(), hours).map((one) => shownDayAndTime(one, zone));
  return html`<section><h3>Totals move</h3>
    <p>${hours === 0 ? "With each record, within a second." : html`Once in ${counted(hours, "hour", "hours")}; next ${next.join(", then ")} (${zone}).`}</p></section>`;
}

/** Return when totals move next: whole steps from midnight of 1 January 1970 UTC. @param {number} now @param {number} hours */
export function nextMoments(now, hours) {
  if (!hours) return [];
  const step = hours * HOUR_MS;
  const first = Math.floor(now / step) + 1;
  return Array.from({ length: MOMENTS }, (_, place) => (first + place) * step);
}

/** @param {Editing} editing */
function standing({ draft, saved, world }) {
  const [days, before] = [draft.goal_rollup_expiry_days, saved.goal_rollup_expiry_days];
  if (typeof days !== "number") return nothing;
  const open = [...world.list("goals").values()].filter(({ state }) => state === "open");
  const over = open.filter((goal) => isOver(goal, days));
  const turned = open.filter((goal) => isOver(goal, days) !== isOver(goal, before));
  return html`<section><h3>Goals that stand still</h3>
    <p>${over.length} of ${counted(open.length, "open goal", "open goals")} that you may read ended more than ${counted(days, "day", "days")} ago.</p>
    ${turned.length ? html`<p class="warned">These ${days < before ? "would stand still" : "would move again, and catch up"}: ${titles(turned)}.</p>` : nothing}</section>`;
}

/** Tell whether a goal ended too long ago, as days go in UTC. @param {any} goal @param {number} days */
function isOver({ period }, days) {
  return Date.parse(period.end) + (days + 1) * DAY_MS <= Date.now();
}

/** @param {any[]} goals */
function titles(goals) {
  return html`${goals.slice(0, NAMED_MAX).map((goal, at) => html`${at ? ", " : ""}<a href="/goals/${encodeURIComponent(goal.id)}">${goal.title}</a>`)}${goals.length > NAMED_MAX ? ` and ${goals.length - NAMED_MAX} more` : ""}`;
}

/** @param {any[]} people */
function named(people) {
  return html`${people.slice(0, NAMED_MAX).map(({ id, name }, at) => html`${at ? ", " : ""}<a href="/manage/directory?id=${encodeURIComponent(id)}">${name}</a>`)}${people.length > NAMED_MAX ? ` and ${people.length - NAMED_MAX} more` : ""}`;
}

/** @param {string} id @param {World} world */
function person(id, world) {
  return html`<a href="/manage/directory?id=${encodeURIComponent(id)}">${world.nameOf("users", id)}</a>`;
}

/** @param {number} count @param {string} one @param {string} many */
function counted(count, one, many) {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
