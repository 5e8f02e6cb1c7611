/**
 * Whom a dashboard is shared with: people and teams of the directory, who may look at it.
 *
 * @typedef {{type: "user" | "team", id: string, rights: string[]}} Share
 */

import { html, nothing } from "lit";

import { readAll } from "../live/directory.js";

/** @type {Map<string, string> | null} Names by `team/north`. */
let names = null;
let isAsked = false;

/** @param {() => void} onKnown */
function readNames(onKnown) {
  if (isAsked) return;
  isAsked = true;
  Promise.all([readAll("/v1/teams"), readAll("/v1/users")]).then(([teams, users]) => {
    names = new Map([
      ...[...teams.values()].map((one) => /** @type {[string, string]} */ ([`team/${one.id}`, `${one.name} (team)`])),
      ...[...users.values()].map((one) => /** @type {[string, string]} */ ([`user/${one.id}`, one.name])),
    ]);
    onKnown();
  }, () => {});
}

/**
 * @param {Share[]} shares
 * @param {(shares: Share[]) => void} change
 * @param {() => void} onKnown
 */
export function shareFields(shares, change, onKnown) {
  readNames(onKnown);
  const keys = new Set(shares.map((one) => `${one.type}/${one.id}`));
  const add = (/** @type {Event} */ event) => {
    const select = /** @type {HTMLSelectElement} */ (event.target);
    const [type, ...id] = select.value.split("/");
    change([...shares, /** @type {Share} */ ({ type, id: id.join("/"), rights: ["read"] })]);
    select.value = "";
  };
  return html`<label>Shared with <select @change=${add}>
      <option value="">${shares.length ? "add …" : "nobody else"}</option>
      ${[...(names ?? [])].filter(([key]) => !keys.has(key)).map(([key, name]) => html`<option value=${key}>${name}</option>`)}
    </select></label>
    ${shares.length ? html`<span class="shares">${shares.map((one) => {
      const name = names?.get(`${one.type}/${one.id}`) ?? one.id;
      return html`<button type="button" title="Share with ${name} no more" aria-label="Share with ${name} no more" @click=${() => change(shares.filter((other) => other !== one))}>${name} ✕</button>`;
    })}</span>` : nothing}`;
}
