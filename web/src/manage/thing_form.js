/**
 * The form of one thing: its fields, what saving would change, and what can be done.
 *
 * @typedef {import("./kind.js").Kind} Kind
 * @typedef {import("./kind.js").Editing} Editing
 * @typedef {import("../live/api.js").RefusedError} RefusedError
 *
 * @typedef {object} Told
 * @property {Kind} kind
 * @property {Editing} editing
 * @property {string | null} lack Why nothing can be changed.
 * @property {RefusedError | null} refused
 * @property {{label: string, before: string, after: string}[]} changed
 * @property {boolean} isChanged
 * @property {boolean} isSaving
 * @property {string} said
 * @property {() => void} save
 * @property {() => void} discard
 * @property {() => void} remove
 * @property {() => void} readAgain
 */

import { html, nothing } from "lit";

import { at } from "./drafts.js";
import { fieldRow } from "./fields.js";

/** @param {Told} told */
export function thingForm(told) {
  const { kind, editing, lack, refused } = told;
  const { draft, saved, world } = editing;
  const sections = kind.sections(editing);
  const names = sections.flatMap((section) => section.fields.map((field) => field.name));
  const field = refused?.field;
  // Of a field and the part of it that is refused, the part says so.
  const [placed] = names.filter((name) => field && isAt(field, name)).sort((a, b) => b.length - a.length);
  const form = {
    value: (/** @type {string} */ name) => at(draft, name),
    set: editing.set,
    fault: (/** @type {string} */ name) => (name === placed ? editing.fault(name) : null),
  };
  const title = saved === null ? `New ${kind.one}` : kind.nameOf(saved, world);
  return html`<form class="thing" novalidate @submit=${(/** @type {Event} */ event) => {
    event.preventDefault();
    told.save();
  }}>
    <div class="form-head"><h2 tabindex="-1">${title}</h2>${saved ? (kind.links?.(editing) ?? nothing) : nothing}</div>
    ${lack ? html`<p class="lack">You can look, and not change anything: ${lack}.</p>` : nothing}
    ${refused && !placed ? refusal(refused, told.readAgain) : nothing}
    <div class="columns">
      <fieldset class="fields" ?disabled=${Boolean(lack)}>
        <legend class="unseen">${title}</legend>
        ${sections.map((section) => html`<section>
          <h3>${section.title}</h3>
          ${section.help ? html`<p class="help">${section.help}</p>` : nothing}
          ${section.fields.map((one) => fieldRow(one, form))}
        </section>`)}
      </fieldset>
      <aside aria-label="What it means">${changes(told.changed)}${kind.aside?.(editing) ?? nothing}</aside>
    </div>
    ${lack ? nothing : foot(told)}
  </form>`;
}

/** Tell whether the API's name of a field is that of ours, or of a part of it. @param {string} field @param {string} name */
export function isAt(field, name) {
  return field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`);
}

/** @param {RefusedError} refused @param {() => void} readAgain */
function refusal({ error, message }, readAgain) {
  const again = html`<button type="button" @click=${readAgain}>Read it again</button>`;
  return html`<p class="refused" role="alert" tabindex="-1">${message} ${error === "version_conflict" ? again : nothing}</p>`;
}

/** @param {Told["changed"]} changed */
function changes(changed) {
  if (!changed.length) return nothing;
  return html`<section class="changes"><h3>What saving changes</h3><dl>
    ${changed.map(({ label, before, after }) => html`<div><dt>${label}</dt><dd><del>${before}</del> → <ins>${after}</ins></dd></div>`)}
  </dl></section>`;
}

/** @param {Told} told */
function foot({ kind, editing, isChanged, isSaving, said, discard, remove }) {
  const isNew = editing.saved === null;
  const words = isSaving ? "Saving …" : isChanged ? "Not saved yet" : said;
  return html`<footer class="bar">
    <button class="first" ?disabled=${isSaving || (!isChanged && !isNew)}>${isNew ? `Create ${kind.one}` : "Save"}</button>
    <button type="button" ?disabled=${!isChanged && !isNew} @click=${discard}>${isNew ? "Cancel" : "Discard changes"}</button>
    <span class="said" role="status">${words}</span>
    ${isNew || kind.single ? nothing : html`<button type="button" class="delete" @click=${remove}>Delete …</button>`}
  </footer>`;
}
