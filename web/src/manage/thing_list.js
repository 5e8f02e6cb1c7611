/** The list of all things of a kind, searched by parts of names and ids. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";

export const DRAWN_MAX = 200;

/**
 * @typedef {{id: string, name: string, note: string}} Line
 */

/** Return the lines that hold all words of a search. @param {Line[]} lines @param {string} search */
export function found(lines, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return lines;
  return lines.filter(({ id, name, note }) => {
    const text = `${name} ${id} ${note}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/**
 * @param {object} list
 * @param {Line[]} list.lines
 * @param {string} list.search
 * @param {string | null} list.chosen
 * @param {string} list.one
 * @param {string} list.title
 * @param {string | null} list.lack Why nothing new can be made.
 * @param {(id: string) => string} list.addressOf
 * @param {(id: string | null) => void} list.open Null: a new one.
 * @param {(text: string) => void} list.onSearch
 */
export function thingList({ lines, search, chosen, one, title, lack, addressOf, open, onSearch }) {
  const fitting = found(lines, search);
  const drawn = fitting.slice(0, DRAWN_MAX);
  const go = (/** @type {Event} */ event, /** @type {string | null} */ id) => {
    const { metaKey, ctrlKey, button } = /** @type {MouseEvent} */ (event);
    if (metaKey || ctrlKey || button) return;
    event.preventDefault();
    open(id);
  };
  return html`<nav class="things" aria-label=${title}>
    <div class="find">
      <input type="search" aria-label="Search ${title.toLowerCase()}" placeholder="Search" .value=${search}
        @input=${(/** @type {any} */ event) => onSearch(event.target.value)}>
      <button type="button" class="new" ?disabled=${Boolean(lack)} title=${lack ?? nothing} @click=${() => open(null)}>New ${one}</button>
    </div>
    <ul @keydown=${walk}>
      ${repeat(drawn, (line) => line.id, (line) => html`<li>
        <a href=${addressOf(line.id)} aria-current=${line.id === chosen ? "true" : nothing} @click=${(/** @type {Event} */ event) => go(event, line.id)}>
          <span class="name">${line.name}</span><span class="note">${line.note}</span></a></li>`)}
    </ul>
    <p class="count">${counted(lines.length, fitting.length, drawn.length)}</p>
  </nav>`;
}

/** @param {number} all @param {number} fitting @param {number} drawn */
function counted(all, fitting, drawn) {
  if (drawn < fitting) return `the first ${drawn} of ${fitting}; search for the others`;
  return fitting === all ? `${all} in all` : `${fitting} of ${all}`;
}

/** Walk the list with the arrow keys. @param {KeyboardEvent} event */
function walk(event) {
  const links = [...(/** @type {HTMLElement} */ (event.currentTarget).querySelectorAll("a"))];
  const place = links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
  /** @type {Record<string, number>} */
  const places = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: links.length - 1 };
  const next = links[places[event.key] ?? -1];
  if (!next || place < 0) return;
  event.preventDefault();
  next.focus();
}
