/** Fields of several parts: whom a goal is shared with, and attributes of one's own. */

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";

import { addingBox } from "./adding.js";
import { choiceBox } from "./choices.js";
import { select } from "./fields.js";
import { keyOf, principalOf } from "./world.js";

/** @typedef {import("./choices.js").Choice} Choice */

const RIGHTS = ["read", "write", "delete", "share", "assign"];

/**
 * @param {object} box
 * @param {any[]} box.shares
 * @param {Choice[]} box.choices
 * @param {(shares: any[]) => void} box.onChange
 */
export function sharesBox({ shares, choices, onChange }) {
  const replace = (/** @type {number} */ index, /** @type {any} */ share) =>
    onChange(shares.flatMap((one, place) => (place === index ? (share ? [share] : []) : [one])));
  const rows = shares.map((share, index) => {
    const name = choices.find((one) => one.id === keyOf(share))?.label ?? share.id;
    const boxes = RIGHTS.map((right) => html`<label><input type="checkbox" .checked=${live(share.rights.includes(right))}
      @change=${() => {
        const rights = share.rights.includes(right)
          ? share.rights.filter((/** @type {string} */ one) => one !== right)
          : [...share.rights, right];
        replace(index, rights.length ? { ...share, rights } : null);
      }}> ${right}</label>`);
    return html`<li><span class="name">${name}</span><span class="boxes">${boxes}</span>
      <button type="button" aria-label="Share no longer with ${name}" @click=${() => replace(index, null)}>×</button></li>`;
  });
  const add = (/** @type {string | null} */ key) => {
    const principal = principalOf(key);
    if (principal && !shares.some((one) => keyOf(one) === key)) onChange([...shares, { ...principal, rights: ["read"] }]);
  };
  return html`<ul class="rows shares" ?hidden=${!shares.length}>${rows}</ul>
    ${choiceBox({ id: "share-with", choices, value: null, onChoose: add, label: "Share with", placeholder: "Share with a user or a team", isEmptied: true })}`;
}

/**
 * @param {object} box
 * @param {Record<string, any>} box.attributes
 * @param {(attributes: Record<string, any>) => void} box.onChange
 */
export function attributesBox({ attributes, onChange }) {
  const entries = Object.entries(attributes);
  const replace = (/** @type {number} */ index, /** @type {[string, any] | null} */ entry) =>
    onChange(Object.fromEntries(entries.flatMap((one, place) => (place === index ? (entry ? [entry] : []) : [one]))));
  const rows = entries.map(([name, value], index) => html`<li>
    <span class="name">${name}</span>
    ${valueBox({ value, label: `Value of ${name}`, onChange: (one) => replace(index, [name, one]) })}
    <button type="button" aria-label="Remove ${name}" @click=${() => replace(index, null)}>×</button></li>`);
  const add = (/** @type {string} */ name) => Object.hasOwn(attributes, name) || onChange({ ...attributes, [name]: "" });
  return html`<ul class="rows" ?hidden=${!entries.length}>${rows}</ul>
    ${addingBox({ label: "Name of another attribute", onAdd: add })}`;
}

/**
 * Draw a value that may be text, a number, or true or false: which, is chosen beside it.
 *
 * @param {object} box
 * @param {any} box.value
 * @param {string} box.label
 * @param {(value: any) => void} box.onChange
 */
export function valueBox({ value, label, onChange }) {
  const kind = kindOf(value);
  const kinds = select({
    options: [["text", "text"], ["number", "number"], ["boolean", "yes or no"]],
    value: kind,
    label: `${label}: what it is`,
    onChange: (one) => onChange(valueOf(one, textIn(value))),
  });
  if (kind === "boolean") {
    return html`${select({ options: [["true", "yes"], ["false", "no"]], value, label, onChange: (one) => onChange(one === "true") })}${kinds}`;
  }
  return writtenBox({ value, label, kinds, onChange });
}

/**
 * Draw a value that is written. The field stays the same one, whatever stands beside it,
 * so that nobody loses it while he types.
 *
 * @param {object} box
 * @param {any} box.value
 * @param {string} box.label
 * @param {string} [box.placeholder]
 * @param {unknown} [box.kinds]
 * @param {(value: any) => void} box.onChange
 */
export function writtenBox({ value, label, placeholder, kinds, onChange }) {
  const kind = kindOf(value);
  // A number is one when it is written to its end.
  const typed = (/** @type {any} */ event) => kind === "text" && onChange(event.target.value);
  return html`<input aria-label=${label} placeholder=${placeholder ?? nothing} .value=${textIn(value)}
    inputmode=${kind === "number" ? "decimal" : nothing} @input=${typed}
    @change=${(/** @type {any} */ event) => onChange(valueOf(kind, event.target.value))}>${kinds ?? nothing}`;
}

/** @param {any} value */
function kindOf(value) {
  if (typeof value === "boolean") return "boolean";
  return typeof value === "number" || value?.rawJSON ? "number" : "text";
}

/** Return a value as it is written; numbers with every digit. @param {any} value @returns {string} */
export function textIn(value) {
  return value?.rawJSON ?? String(value ?? "");
}

/** Return the value that a text means. @param {string} kind @param {string} text */
export function valueOf(kind, text) {
  if (kind === "boolean") return text === "true";
  return kind === "number" ? exactNumber(text) : text;
}

/** Return a number that is sent digit by digit; what is none stays text. @param {string} text */
export function exactNumber(text) {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) return text;
  if (String(Number(text)) === text) return Number(text);
  return /** @type {any} */ (JSON).rawJSON?.(text) ?? text;
}
