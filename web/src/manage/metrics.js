/** How metrics are listed and edited. */

import { html, nothing } from "lit";

import { givenOf } from "./drafts.js";
import { select } from "./fields.js";
import "./query_trial.js";

/** @typedef {import("./kind.js").Kind} Kind */
/** @typedef {import("./kind.js").Editing} Editing */
/** @typedef {import("./fields.js").Field} Field */

const SLOTS = /** @type {const} */ (["actual", "in_progress", "custom"]);
/** @type {Record<string, string>} */
export const SLOT_NAMES = { actual: "Actual", in_progress: "In progress", custom: "Third measure" };
/** @type {Record<string, string>} */
const SLOT_HELP = {
  actual: "What counts towards the target.",
  in_progress: "What may still come, such as open opportunities.",
  custom: "One more number of your own beside the two.",
};
const NO_FIELD = { source_entity: "", source_attribute: null, source_state: null, source_status: null, date_attribute: "", state_from: null, date_from: null };

/** @type {Kind} */
export const METRICS = {
  part: "metrics",
  one: "metric",
  title: "Metrics",
  explain: "A metric says how goals are measured: which records count, by which date, and what of them is added up.",
  scope: "metrics:write",
  needs: ["entities", "goals"],
  fresh: () => ({
    name: "",
    id: "",
    kind: "amount",
    data_type: "money",
    stretch_tracked: false,
    rollup_fields: { actual: { ...NO_FIELD, source_entity: "opportunity" }, in_progress: null, custom: null },
  }),
  editable: ({ name, kind, data_type, stretch_tracked, rollup_fields: fields }) => ({
    name,
    kind,
    data_type,
    stretch_tracked,
    rollup_fields: Object.fromEntries(SLOTS.map((slot) => [slot, fields[slot] ? { ...NO_FIELD, ...fields[slot] } : null])),
  }),
  nameOf: ({ name }) => name,
  noteOf: ({ kind, data_type: type }) => (kind === "count" ? "counts records" : `adds ${type}`),
  sections,
  created: ({ rollup_fields: fields, data_type: type, ...rest }) =>
    givenOf({
      ...rest,
      data_type: rest.kind === "count" ? null : type,
      rollup_fields: Object.fromEntries(Object.entries(fields).flatMap(([slot, one]) => (one ? [[slot, sent(one, rest.kind)]] : []))),
    }),
  changed: ({ rollup_fields: fields, ...rest }, { saved, draft }) => {
    if (!fields) return rest;
    const before = METRICS.editable?.(saved).rollup_fields;
    const changed = Object.entries(fields).filter(([slot, one]) => JSON.stringify(one) !== JSON.stringify(before[slot]));
    return { ...rest, rollup_fields: Object.fromEntries(changed.map(([slot, one]) => [slot, one && sent(/** @type {any} */ (one), draft.kind)])) };
  },
  aside,
  deleting: "A metric that measures goals cannot be deleted; the refusal says how many there are.",
};

/** @param {any} field @param {string} kind */
function sent(field, kind) {
  return givenOf({ ...field, source_attribute: kind === "count" ? null : field.source_attribute });
}

/** @param {Editing} editing @returns {import("./kind.js").Section[]} */
function sections(editing) {
  const { draft, saved, world, set } = editing;
  const goals = goalsOf(editing);
  const frozen = saved ? "Never changes: make another metric for another type." : null;
  /** @type {Field[]} */
  const fields = [
    { name: "name", label: "Name", type: "text", needed: true },
    {
      name: "kind",
      label: "What it does",
      type: "choice",
      options: [["amount", "adds up an amount"], ["count", "counts records"]],
      fixed: frozen,
      // A number of records has no data type.
      write: (kind) => {
        queueMicrotask(() => set("data_type", kind === "count" ? null : (draft.data_type ?? "money")));
        return kind;
      },
    },
  ];
  if (!saved) fields.splice(1, 0, { name: "id", label: "Id", type: "text", help: "How the API calls it, such as revenue. Left out, one is made." });
  if (draft.kind === "amount") {
    fields.push({
      name: "data_type",
      label: "Data type",
      type: "choice",
      options: [["money", `money, in ${world.organization?.base_currency ?? "the base currency"}, 4 decimals`], ["decimal", "decimal, 2 decimals in targets"], ["integer", "whole numbers"]],
      fixed: frozen,
    });
  }
  fields.push({
    name: "stretch_tracked",
    label: "Stretch targets",
    type: "check",
    help: "Goals may have a second, higher target.",
    fixed: goals.length ? `Stays as it is while ${counted(goals.length)} measured by it: make another metric, or delete those goals first.` : null,
  });
  return [{ title: "Metric", fields }, ...SLOTS.map((slot) => measure(slot, editing, goals))];
}

/** @param {string} slot @param {Editing} editing @param {any[]} goals @returns {import("./kind.js").Section} */
function measure(slot, { draft, saved, world }, goals) {
  const name = `rollup_fields.${slot}`;
  const field = draft.rollup_fields[slot];
  const was = saved?.rollup_fields?.[slot] ?? null;
  const closed = goals.filter((goal) => goal.state !== "open").length;
  const still = saved && closed ? `Stays as it is: ${counted(closed)} closed or discarded and stand still. Reopen those first, or make another metric.` : null;
  const isKept = Boolean(was && goals.length);
  /** @type {Field[]} */
  const fields = [
    {
      name,
      label: "Measured",
      type: "check",
      help: SLOT_HELP[slot],
      write: (wanted) => (wanted ? (was ? { ...NO_FIELD, ...was } : { ...NO_FIELD, source_entity: draft.rollup_fields.actual?.source_entity ?? "" }) : null),
      fixed: still ?? (isKept ? `Cannot be removed while ${counted(goals.length)} measured by it.` : null),
    },
  ];
  if (field) fields.push(...fieldsOf(name, field, was, draft, world, still));
  return { title: SLOT_NAMES[slot], fields };
}

/** @param {string} name @param {any} field @param {any} was @param {any} draft @param {any} world @param {string | null} still @returns {Field[]} */
function fieldsOf(name, field, was, draft, world, still) {
  const entities = [...world.list("entities").keys()].map((/** @type {string} */ id) => ({ id, label: id }));
  const attributes = (/** @type {string} */ entity) =>
    Object.entries(world.list("entities").get(entity)?.attributes ?? {}).map(([id, type]) => ({ id, label: `${id} · ${type}` }));
  const own = attributes(field.source_entity);
  const links = (/** @type {string} */ part, /** @type {string} */ label, /** @type {string} */ help, /** @type {string | null} */ fixed) => ({
    name: `${name}.${part}`,
    label,
    type: /** @type {const} */ ("own"),
    help,
    fixed,
    draw: (/** @type {import("./fields.js").Form} */ form) => linkBox(`${name}.${part}`, form, own, fixed),
  });
  return [
    { name: `${name}.source_entity`, label: "Records of", type: "one", choices: entities, needed: true, fixed: was ? "Never changes: make another metric for other records." : null, help: "An entity, such as opportunity." },
    ...(draft.kind === "amount"
      ? [{ name: `${name}.source_attribute`, label: "Adds up", type: /** @type {const} */ ("one"), choices: own, needed: true, fixed: still, help: "The attribute with the amount, such as actualvalue." }]
      : []),
    { name: `${name}.source_state`, label: "Only in state", type: "text", fixed: still, write: orNull, help: "Such as won; empty: in any." },
    { name: `${name}.source_status`, label: "Only in status", type: "text", fixed: still, write: orNull, help: "Empty: in any." },
    { name: `${name}.date_attribute`, label: "Dated by", type: "one", choices: attributes(field.date_from?.entity ?? field.source_entity), needed: true, fixed: still, help: "The date that has to lie in the goal’s period, such as actualclosedate." },
    links("state_from", "State of", "Whose state and status are looked at.", was ? "Never changes: make another metric to read them elsewhere." : still),
    links("date_from", "Date of", "Whose date it is.", still),
  ];
}

/** @param {string} name @param {import("./fields.js").Form} form @param {import("./choices.js").Choice[]} own @param {string | null} fixed */
function linkBox(name, form, own, fixed) {
  const value = form.value(name);
  const isDisabled = Boolean(fixed);
  const set = (/** @type {string} */ part, /** @type {string} */ text) => form.set(name, { ...value, [part]: text });
  const which = select({
    options: [["own", "the record itself"], ["linked", "a record that it links to"]],
    value: value ? "linked" : "own",
    label: "Where it is read",
    isDisabled,
    onChange: (one) => form.set(name, one === "own" ? null : { link: "", entity: "" }),
  });
  if (!value) return which;
  return html`${which}<span class="pair">
    <input aria-label="Attribute that leads there" placeholder=${own[0]?.id ?? "attribute"} .value=${value.link} ?disabled=${isDisabled} @input=${(/** @type {any} */ event) => set("link", event.target.value)}>
    <input aria-label="Entity it leads to" placeholder="entity" .value=${value.entity} ?disabled=${isDisabled} @input=${(/** @type {any} */ event) => set("entity", event.target.value)}></span>`;
}

/** @param {string} text */
const orNull = (text) => text || null;

/** @param {Editing} editing @returns {any[]} */
function goalsOf({ saved, world }) {
  return saved ? [...world.list("goals").values()].filter((goal) => goal.metric_id === saved.id) : [];
}

/** @param {number} count */
function counted(count) {
  return count === 1 ? "1 goal is" : `${count} goals are`;
}

/** @param {Editing} editing */
function aside(editing) {
  const { draft, saved, world } = editing;
  const goals = goalsOf(editing);
  const measures = SLOTS.filter((slot) => draft.rollup_fields[slot]?.source_entity && draft.rollup_fields[slot]?.date_attribute);
  const lack = world.rights?.lackOf("records:read") ?? null;
  return html`${saved ? html`<section><h3>Goals</h3><p>${goals.length ? html`${counted(goals.length)} measured by it, of those that you may read${goals.length > 1 ? ". What they show follows when a measure changes" : ""}.` : "No goal that you may read is measured by it."}</p></section>` : nothing}
    ${lack ? nothing : measures.map((slot) => html`<section><h3>${SLOT_NAMES[slot]}, of all records and dates</h3>
      <query-trial .words=${{ unit: draft.data_type === "money" ? world.organization?.base_currency : "" }} .order=${orderOf(draft.rollup_fields[slot], draft.kind)}></query-trial></section>`)}`;
}

/** @param {any} field @param {string} kind */
function orderOf({ source_entity: entity, source_attribute: attribute, source_state: state, source_status: status, state_from: from, date_attribute: date, date_from: dateFrom }, kind) {
  const tests = [
    ...(state ? [behind(from, { attribute: "@state", operator: "eq", value: state })] : []),
    ...(status ? [behind(from, { attribute: "@status", operator: "eq", value: status })] : []),
    behind(dateFrom, { attribute: date, operator: "not-null" }),
  ];
  return { entity, where: { all: tests }, ...(kind === "amount" && attribute ? { source_attribute: attribute } : {}) };
}

/** @param {any} leads @param {any} where */
function behind(leads, where) {
  return leads?.link && leads.entity ? { link: leads.link, entity: leads.entity, where } : where;
}
