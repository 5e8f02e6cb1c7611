/**
 * The rule of a goal in one sentence: which records it adds up, whose, and as seen by whom.
 *
 * @typedef {{source_entity: string, source_attribute: string | null, source_state: string | null,
 *   source_status: string | null, date_attribute: string,
 *   state_from: {link: string, entity: string} | null,
 *   date_from: {link: string, entity: string} | null}} RollupField
 * @typedef {{kind: "count" | "amount", rollup_fields: Record<string, RollupField | null>}} Metric
 * @typedef {{owner: {type: string, id: string}, manager_id: string, owner_records_only: boolean,
 *   rollup_only_from_children: boolean, include_team_members: boolean,
 *   queries: Record<string, string | null>}} Rules What a goal says of its records.
 * @typedef {{owner: string, manager: string, period: string,
 *   query: (id: string) => string}} Words The names of what the goal names.
 */

/** @type {Record<string, string>} How people call the three measures. */
export const MEASURES = { actual: "Actual", in_progress: "In progress", custom: "Third measure" };

// What most people call what Dynamics writes in one word.
/** @type {Record<string, string>} */
const VALUES = {
  actualvalue: "actual value",
  estimatedvalue: "estimated value",
  totalamount: "total amount",
  extendedamount: "extended amount",
};
/** @type {Record<string, string>} */
const DATES = {
  actualclosedate: "closed",
  estimatedclosedate: "expected to close",
  createdon: "created",
  modifiedon: "last changed",
  resolvedon: "resolved",
  actualend: "ended",
  actualstart: "started",
  scheduledend: "due",
  scheduledstart: "planned to start",
};

/**
 * Say what a goal counts, a sentence for each of its measures.
 *
 * @param {Rules} goal
 * @param {Metric} metric
 * @param {Words} words
 * @returns {{slot: string, text: string}[]}
 */
export function ruleOf(goal, metric, words) {
  return Object.keys(MEASURES).flatMap((slot) => {
    const field = metric.rollup_fields[slot];
    if (!field) return [];
    const text = goal.rollup_only_from_children ? fromChildren(slot) : fromRecords(goal, metric, slot, field, words);
    return [{ slot, text }];
  });
}

/** @param {string} slot */
function fromChildren(slot) {
  return slot === "actual"
    ? "The sum of what its children show; no records of its own."
    : `${MEASURES[slot]}: the same sum of what its children show.`;
}

/**
 * @param {Rules} goal
 * @param {Metric} metric
 * @param {string} slot
 * @param {RollupField} field
 * @param {Words} words
 */
function fromRecords(goal, metric, slot, field, words) {
  const query = goal.queries[slot];
  const parts = [
    `${measured(metric, field)} ${counted(field)}`,
    `${dated(field)} ${words.period}`,
    owned(goal, words.owner),
    query ? `matching “${words.query(query)}”` : "",
    `as ${words.manager}, the manager, sees them`,
  ];
  const sentence = `${parts.filter(Boolean).join(", ")}.`;
  return slot === "actual" ? capital(sentence) : `${MEASURES[slot]}: ${sentence}`;
}

/**
 * @param {Metric} metric
 * @param {RollupField} field
 */
function measured(metric, field) {
  if (metric.kind === "count") return "number of";
  const name = field.source_attribute ?? "";
  return `sum of ${VALUES[name] ?? name} of`;
}

/** @param {RollupField} field */
function counted(field) {
  const state = field.source_state ?? "";
  const many = plural(field.source_entity);
  const status = field.source_status === null ? "" : ` with status ${field.source_status}`;
  if (!field.state_from) return `${state} ${many}${status}`.trim();
  if (!state && !status) return many;
  return `${many} whose ${field.state_from.entity} is ${state}${status}`;
}

/** @param {RollupField} field */
function dated(field) {
  const words = DATES[field.date_attribute] ?? `with ${field.date_attribute} in`;
  return field.date_from ? `of ${plural(field.date_from.entity)} ${words}` : words;
}

/**
 * @param {Rules} goal
 * @param {string} owner
 */
function owned(goal, owner) {
  if (!goal.owner_records_only) return "whoever owns them";
  const isTeam = goal.owner.type === "team";
  const name = isTeam && !/^team\b/i.test(owner) ? `team ${owner}` : owner;
  return isTeam && goal.include_team_members ? `owned by ${name} or its members` : `owned by ${name}`;
}

/** @param {string} word */
function plural(word) {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
