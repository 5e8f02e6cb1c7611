/** A field in which one names something to be added; Enter adds it, and saves nothing. */

import { html, nothing } from "lit";

/**
 * @param {object} box
 * @param {string} box.label
 * @param {string} [box.placeholder]
 * @param {string} [box.list] The id of what is offered.
 * @param {(text: string) => void} box.onAdd
 */
export function addingBox({ label, placeholder = label, list, onAdd }) {
  const add = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const text = input.value.trim();
    input.value = "";
    if (text) onAdd(text);
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add(event);
  };
  return html`<input list=${list ?? nothing} aria-label=${label} placeholder=${placeholder} autocomplete="off" @change=${add} @keydown=${pressed}>`;
}
