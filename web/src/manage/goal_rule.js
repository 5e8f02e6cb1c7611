/**
 * What one measure of a goal counts, as conditions that can be tried before it is saved.
 *
 * @typedef {{link: string, entity: string}} Leads
 */

/**
 * Return the conditions on records; null where nothing is counted.
 *
 * @param {object} rule
 * @param {any} rule.goal
 * @param {any} rule.field The metric's rollup field.
 * @param {{start: string, end: string} | null} rule.days
 * @param {any} [rule.where] The conditions of the goal's query.
 * @param {string[]} [rule.members] Of the team that owns the goal.
 */
export function countedBy({ goal, field, days, where = null, members = [] }) {
  const tests = [];
  const state = field.source_state ?? null;
  const status = field.source_status ?? null;
  if (state !== null) tests.push(behind(field.state_from, test("@state", "eq", state)));
  if (status !== null) tests.push(behind(field.state_from, test("@status", "eq", status)));
  if (days) {
    tests.push(behind(field.date_from, test(field.date_attribute, "on-or-after", days.start)));
    tests.push(behind(field.date_from, test(field.date_attribute, "on-or-before", days.end)));
  }
  if (goal.owner_records_only && goal.owner?.id) tests.push(test("@owner", "in", owners(goal, members)));
  if (where !== null) tests.push(where);
  return { all: tests };
}

/** @param {any} goal @param {string[]} members */
function owners({ owner, include_team_members: withMembers }, members) {
  const own = `${owner.type}/${owner.id}`;
  return owner.type === "team" && withMembers ? [own, ...members.map((id) => `user/${id}`)] : [own];
}

/** @param {Leads | null | undefined} leads @param {any} where */
function behind(leads, where) {
  return leads ? { link: leads.link, entity: leads.entity, where } : where;
}

/** @param {string} attribute @param {string} operator @param {any} value */
function test(attribute, operator, value) {
  return { attribute, operator, value };
}
