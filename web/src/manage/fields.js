/**
 * Fields of forms: a label, what it is for, what is chosen, and what is wrong with it.
 *
 * @typedef {import("./choices.js").Choice} Choice
 * @typedef {object} Field
 * @property {string} name As the API calls it, such as `period.start`.
 * @property {string} label
 * @property {"text" | "number" | "day" | "check" | "choice" | "one" | "several" | "own"} type
 * @property {string} [help]
 * @property {boolean} [needed]
 * @property {string | null} [fixed] Why it cannot be changed.
 * @property {[string, string][]} [options] Of a choice: value and words.
 * @property {Choice[]} [choices] Of fields that name other things.
 * @property {string} [suffix]
 * @property {(value: any) => any} [read] From the draft to what the field shows.
 * @property {(value: any) => any} [write] And back.
 * @property {(form: Form) => unknown} [draw] Of a field of its own kind.
 * @property {(before: any, after: any) => [string, string]} [told] A change of it, in words.
 * @property {string | null} [wrong] What is wrong with what is typed.
 *
 * @typedef {object} Form What a field needs of the form that it stands in.
 * @property {(name: string) => any} value
 * @property {(name: string, value: any) => void} set
 * @property {(name: string) => string | null} fault What the API said of it.
 * @property {string} [prefix] Keeps the ids of two forms apart.
 */

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";

import { choiceBox, severalBox } from "./choices.js";

/** @param {string} name */
export const idOf = (name) => `field-${name.replace(/[^a-z0-9_]+/gi, "-")}`;

/** Draw a field with all that belongs to it. @param {Field} field @param {Form} form */
export function fieldRow(field, form) {
  const id = idOf(field.name);
  const fault = field.wrong ?? form.fault(field.name);
  const help = field.fixed ?? field.help;
  const described = [help && `${id}-help`, fault && `${id}-fault`].filter(Boolean).join(" ");
  const isOwn = field.type === "own";
  const label = html`${field.label}${field.needed ? html` <span class="needed">needed</span>` : nothing}`;
  return html`<div class="field ${field.type}" ?data-fixed=${Boolean(field.fixed)}>
    ${isOwn ? html`<span class="label" id="${id}-label">${label}</span>` : html`<label for=${id}>${label}</label>`}
    <div class="entry">
      ${isOwn
        ? html`<div role="group" aria-labelledby="${id}-label" id=${id}>${field.draw?.(form)}</div>`
        : html`<span class="control">${control(field, form, described, Boolean(fault))}${field.suffix ? html`<span class="suffix">${field.suffix}</span>` : nothing}</span>`}
      ${fault ? html`<p class="fault" id="${id}-fault">${fault}</p>` : nothing}
      ${help ? html`<p class="help" id="${id}-help">${help}</p>` : nothing}
    </div>
  </div>`;
}

/**
 * @param {Field} field
 * @param {Form} form
 * @param {string} describedBy
 * @param {boolean} isWrong
 */
function control(field, form, describedBy, isWrong) {
  const { name, read = (one) => one, write = (one) => one } = field;
  const id = idOf(name);
  const isDisabled = Boolean(field.fixed);
  const value = read(form.value(name));
  const set = (/** @type {any} */ one) => form.set(name, write(one));
  if (field.type === "one") {
    return choiceBox({ id, choices: field.choices ?? [], value, onChoose: set, isDisabled, describedBy, isWrong });
  }
  if (field.type === "several") {
    return severalBox({ id, choices: field.choices ?? [], values: value ?? [], onChange: set, isDisabled, describedBy });
  }
  const described = describedBy || nothing;
  const wrong = isWrong ? "true" : nothing;
  if (field.type === "check") {
    return html`<input id=${id} type="checkbox" .checked=${live(Boolean(value))} ?disabled=${isDisabled}
      aria-describedby=${described} aria-invalid=${wrong} @change=${(/** @type {any} */ event) => set(event.target.checked)}>`;
  }
  if (field.type === "choice") {
    return select({ id, options: field.options ?? [], value, onChange: set, isDisabled, describedBy });
  }
  return html`<input id=${id} type=${field.type === "day" ? "date" : "text"} inputmode=${field.type === "number" ? "decimal" : nothing}
    autocomplete="off" .value=${live(value ?? "")} ?disabled=${isDisabled} aria-describedby=${described} aria-invalid=${wrong}
    @input=${(/** @type {any} */ event) => set(event.target.value)}>`;
}

/**
 * Draw a list of a few words to choose from.
 *
 * @param {object} box
 * @param {string} [box.id]
 * @param {[string, string][]} box.options
 * @param {any} box.value
 * @param {(value: string) => void} box.onChange
 * @param {boolean} [box.isDisabled]
 * @param {string} [box.describedBy]
 * @param {string} [box.label]
 */
export function select({ id, options, value, onChange, isDisabled, describedBy, label }) {
  return html`<select id=${id ?? nothing} ?disabled=${isDisabled ?? false} aria-describedby=${describedBy || nothing}
    aria-label=${label ?? nothing} .value=${live(String(value ?? ""))}
    @change=${(/** @type {any} */ event) => onChange(event.target.value)}>
    ${options.map(([one, words]) => html`<option value=${one} ?selected=${one === String(value ?? "")}>${words}</option>`)}
  </select>`;
}

const EXACT = /^[+-]?\d+(?:\.\d+)?$/;

/** Say what is wrong with what is to be an exact number. @param {any} text @param {number} decimals */
export function wrongAmount(text, decimals) {
  if (text === null || text === undefined || text === "") return null;
  if (!EXACT.test(text)) return `“${text}” is no number; write it as 1234.50, without separators of thousands`;
  const given = (text.split(".")[1] ?? "").replace(/0+$/, "").length;
  if (given > decimals) return `${given} decimals; this metric's targets have ${decimals || "none"}`;
  return Number(text) < 0 ? "a target is not below 0" : null;
}
