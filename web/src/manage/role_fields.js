/** What a role allows: a grid of entities and actions, and attributes that it shows. */

import { html, nothing } from "lit";

import { addingBox } from "./adding.js";
import { select } from "./fields.js";

const ACTIONS = ["create", "read", "write", "delete", "append", "append_to", "assign", "share"];
/** @type {[string, string][]} */
const DEPTHS = [
  ["none", "–"],
  ["user", "own"],
  ["business_unit", "unit"],
  ["parent_child_business_units", "unit and below"],
  ["organization", "all"],
];

/**
 * @param {object} box
 * @param {Record<string, Record<string, string>>} box.privileges
 * @param {string[]} box.entities
 * @param {(privileges: Record<string, Record<string, string>>) => void} box.onChange
 */
export function privilegesBox({ privileges, entities, onChange }) {
  const named = Object.keys(privileges);
  const without = (/** @type {string} */ entity) => Object.fromEntries(Object.entries(privileges).filter(([one]) => one !== entity));
  const set = (/** @type {string} */ entity, /** @type {string} */ action, /** @type {string} */ depth) => {
    const { [action]: _, ...others } = privileges[entity];
    onChange({ ...privileges, [entity]: depth === "none" ? others : { ...others, [action]: depth } });
  };
  const rows = named.map((entity) => html`<tr><th scope="row">${entity}</th>
    ${ACTIONS.map((action) => html`<td>${select({ options: DEPTHS, value: privileges[entity][action] ?? "none", label: `${action} ${entity}`, onChange: (depth) => set(entity, action, depth) })}</td>`)}
    <td><button type="button" aria-label="Remove ${entity}" @click=${() => onChange(without(entity))}>×</button></td></tr>`);
  const add = (/** @type {string} */ entity) => Object.hasOwn(privileges, entity) || onChange({ ...privileges, [entity]: {} });
  return html`<div class="wide"><table class="privileges" ?hidden=${!named.length}><caption class="unseen">Privileges</caption>
      <thead><tr><th scope="col">Entity</th>${ACTIONS.map((action) => html`<th scope="col">${action.replace("_", " ")}</th>`)}<td></td></tr></thead>
      <tbody>${rows}</tbody></table></div>
    ${addingBox({ label: "Another entity", placeholder: "Another entity, or *", list: "entities-to-allow", onAdd: add })}
    <datalist id="entities-to-allow">${["*", "goal", ...entities].filter((one) => !privileges[one]).map((one) => html`<option value=${one}></option>`)}</datalist>`;
}

/**
 * @param {object} box
 * @param {Record<string, string[]>} box.secured
 * @param {(secured: Record<string, string[]>) => void} box.onChange
 */
export function securedBox({ secured, onChange }) {
  const rows = Object.entries(secured).map(([entity, names]) => {
    const changed = (/** @type {any} */ event) => {
      const given = event.target.value.split(/[\s,]+/).filter(Boolean);
      const others = Object.fromEntries(Object.entries(secured).filter(([one]) => one !== entity));
      onChange(given.length ? { ...others, [entity]: given } : others);
    };
    return html`<li><span class="name">${entity}</span><input aria-label="Attributes of ${entity}" .value=${names.join(" ")} @change=${changed}></li>`;
  });
  const add = (/** @type {string} */ text) => {
    const [entity, attribute] = text.split(".");
    if (entity && attribute) onChange({ ...secured, [entity]: [...new Set([...(secured[entity] ?? []), attribute])] });
  };
  return html`${rows.length ? html`<ul class="rows">${rows}</ul>` : nothing}
    ${addingBox({ label: "Another attribute, as entity.attribute", placeholder: "entity.attribute, such as opportunity.margin", onAdd: add })}`;
}
