/**
 * What may be done with a goal: those actions only that its reader has the rights for.
 *
 * @typedef {import("./goal_source.js").GoalSource} GoalSource
 * @typedef {import("./action_dialog.js").Form} Form
 */

import { html, nothing } from "lit";

import { aligning } from "./aligning.js";
import { closing, endingOverride, moving, overriding, recalculating, reopening } from "./forms.js";
import { cloning, splitting } from "./planning.js";

/**
 * Return the names of the actions, and the form of each.
 *
 * @param {any} picture
 * @returns {[string, (source: GoalSource) => Form][]}
 */
export function actionsOf(picture) {
  if (!picture.access.includes("write")) return [];
  const isOpen = picture.state === "open";
  const isRoot = picture.parent_id === null;
  /** @type {[string, (source: GoalSource) => Form, boolean][]} */
  const all = [
    ["Move …", moving, isOpen],
    ["Override …", overriding, isOpen],
    ["End the override …", endingOverride, isOpen && picture.override !== null],
    ["Split the target …", splitting, isOpen && (picture.children ?? []).length > 0],
    ["Clone into the next period …", cloning, isRoot],
    ["Align with the calendar …", aligning, isOpen && isRoot && picture.period.kind === "fiscal"],
    ["Recalculate …", recalculating, true],
    ["Close …", closing, isOpen],
    ["Open again …", reopening, !isOpen],
  ];
  return all.flatMap(([name, form, isThere]) => (isThere ? [[name, form]] : []));
}

/**
 * @param {GoalSource} source
 * @param {boolean} mayWrite Whether the session may write at all.
 * @param {(form: Form) => void} open
 */
export function actions(source, mayWrite, open) {
  const { picture } = source;
  const id = encodeURIComponent(picture.id);
  const offered = mayWrite ? actionsOf(picture) : [];
  return html`<div class="tools" role="group" aria-label="This goal">
    <a class="button" href=${`/goals/${id}/explain`}>Explain</a>
    ${offered.length ? html`<a class="button" href=${`/manage/goals?id=${id}`}>Edit</a>` : nothing}
    ${offered.length
      ? html`<details class="menu" @keydown=${escaped} @focusout=${left}>
          <summary class="button">Actions</summary>
          <ul>${offered.map(([name, form]) => html`<li><button type="button" @click=${(/** @type {Event} */ event) => chosen(event, () => open(form(source)))}>${name}</button></li>`)}</ul>
        </details>`
      : nothing}
  </div>`;
}

/**
 * @param {Event} event
 * @param {() => void} act
 */
function chosen(event, act) {
  const menu = /** @type {HTMLElement} */ (event.target).closest("details");
  // The focus comes back to what stays when the dialog closes.
  menu?.querySelector("summary")?.focus();
  menu?.removeAttribute("open");
  act();
}

/** @param {KeyboardEvent} event */
function escaped(event) {
  const menu = /** @type {HTMLDetailsElement} */ (event.currentTarget);
  const buttons = [...menu.querySelectorAll("button")];
  const at = buttons.findIndex((one) => one === document.activeElement);
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  } else if (event.key === "ArrowDown" && menu.open) buttons[Math.min(at + 1, buttons.length - 1)].focus();
  else if (event.key === "ArrowUp" && at > 0) buttons[at - 1].focus();
  else return;
  event.preventDefault();
}

/** @param {FocusEvent} event */
function left(event) {
  const menu = /** @type {HTMLDetailsElement} */ (event.currentTarget);
  if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
}
