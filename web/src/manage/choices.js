/**
 * Fields that name other things: one types a part of a name, and chooses.
 *
 * What is typed and is no name is taken as an id; the API says where there is none.
 *
 * @typedef {{id: string, label: string}} Choice
 */

import { html, nothing } from "lit";

const OFFERED_MAX = 50;

/** Return things as choices: their names, and the ids that tell them apart. @param {Iterable<any>} things @returns {Choice[]} */
export function choicesOf(things) {
  const choices = [...things].map(({ id, name, title }) => {
    const called = name ?? title ?? id;
    return { id, label: called === id ? id : `${called} (${id})` };
  });
  return choices.sort((a, b) => a.label.localeCompare(b.label));
}

/** @param {Choice[]} choices @param {string | null | undefined} id */
export function labelOf(choices, id) {
  return choices.find((one) => one.id === id)?.label ?? id ?? "";
}

/**
 * Draw the field.
 *
 * @param {object} box
 * @param {string} box.id
 * @param {Choice[]} box.choices
 * @param {string | null} box.value The id that is chosen.
 * @param {(id: string | null) => void} box.onChoose
 * @param {boolean} [box.isDisabled]
 * @param {string} [box.describedBy]
 * @param {string} [box.label] Where no label stands beside it.
 * @param {boolean} [box.isWrong]
 * @param {string} [box.placeholder]
 * @param {boolean} [box.isEmptied] Whether it is empty again once something was chosen.
 */
export function choiceBox({ id, choices, value, onChoose, isDisabled, describedBy, label, isWrong, placeholder, isEmptied }) {
  const shown = labelOf(choices, value);
  const typed = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const text = input.value.trim();
    const found = choices.find((one) => one.label === text);
    if (event.type === "input" && !found) {
      offer(input, choices);
      return;
    }
    if (isEmptied) input.value = "";
    onChoose(found?.id ?? (text || null));
  };
  return html`<input id=${id} list="${id}-choices" autocomplete="off" spellcheck="false" .value=${shown}
      ?disabled=${isDisabled ?? false} aria-describedby=${describedBy || nothing} aria-label=${label ?? nothing}
      aria-invalid=${isWrong ? "true" : nothing} placeholder=${placeholder ?? "Type a name or an id"}
      @input=${typed} @change=${typed} @focus=${(/** @type {Event} */ event) => offer(/** @type {HTMLInputElement} */ (event.target), choices)}>
    <datalist id="${id}-choices"></datalist>`;
}

/** Fill the list below a field with what fits. @param {HTMLInputElement} input @param {Choice[]} choices */
function offer(input, choices) {
  const text = input.value.toLowerCase();
  const fitting = [];
  for (const one of choices) {
    if (one.label.toLowerCase().includes(text)) fitting.push(one.label);
    if (fitting.length === OFFERED_MAX) break;
  }
  input.list?.replaceChildren(...fitting.map((label) => new Option(label, label)));
}

/**
 * Draw a field that names several: each with a button that takes it out.
 *
 * @param {object} box
 * @param {string} box.id
 * @param {Choice[]} box.choices
 * @param {string[]} box.values
 * @param {(ids: string[]) => void} box.onChange
 * @param {boolean} [box.isDisabled]
 * @param {string} [box.describedBy]
 */
export function severalBox({ id, choices, values, onChange, isDisabled, describedBy }) {
  const chosen = values.map(
    (one) => html`<li>${labelOf(choices, one)} ${isDisabled
      ? nothing
      : html`<button type="button" aria-label="Take out ${labelOf(choices, one)}"
          @click=${() => onChange(values.filter((other) => other !== one))}>×</button>`}</li>`,
  );
  const add = (/** @type {string | null} */ one) => {
    if (one && !values.includes(one)) onChange([...values, one]);
  };
  const others = choices.filter((one) => !values.includes(one.id));
  return html`<ul class="chosen" ?hidden=${!values.length}>${chosen}</ul>
    ${choiceBox({ id, choices: others, value: null, onChoose: add, isDisabled, describedBy, placeholder: "Add one", isEmptied: true })}`;
}
