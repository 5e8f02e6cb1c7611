/** Which attributes an entity has, and what each holds. */

import { html, nothing } from "lit";

import { addingBox } from "./adding.js";
import { select } from "./fields.js";

/** @type {[string, string][]} */
const TYPES = [
  ["text", "text"],
  ["number", "number"],
  ["boolean", "boolean"],
  ["date", "date"],
  ["datetime", "datetime"],
  ["reference", "reference"],
];

/**
 * @param {object} box
 * @param {Record<string, string>} box.attributes
 * @param {import("./entity_readers.js").Read[]} box.reads What metrics read of them.
 * @param {boolean} box.isFixed
 * @param {(attributes: Record<string, string>) => void} box.onChange
 */
export function typesBox({ attributes, reads, isFixed, onChange }) {
  const names = Object.keys(attributes).sort();
  const missing = [...new Set(reads.map(({ attribute }) => attribute))].filter((name) => !(name in attributes));
  const typeFor = (/** @type {string} */ name) => reads.find(({ attribute }) => attribute === name)?.allowed[0] ?? "text";
  const without = (/** @type {string} */ name) => Object.fromEntries(Object.entries(attributes).filter(([one]) => one !== name));
  const add = (/** @type {string} */ name) => Object.hasOwn(attributes, name) || onChange({ ...attributes, [name]: typeFor(name) });
  return html`<ul class="rows" ?hidden=${!names.length}>${names.map((name) => html`<li><span class="name">${name}</span>
      ${select({ options: TYPES, value: attributes[name], label: `Type of ${name}`, isDisabled: isFixed, onChange: (type) => onChange({ ...attributes, [name]: type }) })}
      ${isFixed ? nothing : html`<button type="button" aria-label="Remove ${name}" @click=${() => onChange(without(name))}>×</button>`}</li>`)}</ul>
    ${isFixed ? nothing : html`${addingBox({ label: "Another attribute", placeholder: "Another attribute, such as region", list: "attributes-to-declare", onAdd: add })}
      <datalist id="attributes-to-declare">${missing.map((name) => html`<option value=${name}></option>`)}</datalist>
      ${missing.length ? html`<button type="button" class="declare" @click=${() => onChange({ ...attributes, ...Object.fromEntries(missing.map((name) => [name, typeFor(name)])) })}>Declare what metrics read: ${missing.join(", ")}</button>` : nothing}`}`;
}
