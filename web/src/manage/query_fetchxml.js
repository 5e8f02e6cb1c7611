/** A query as FetchXML: read as it is stored, and written in the place of its conditions. */

import { html, nothing } from "lit";

import { readText } from "../live/api.js";

/** @typedef {import("./kind.js").Editing} Editing */

/** The query that was read as FetchXML last; `text` is null until it has been. */
const stored = { id: "", text: /** @type {string | null} */ (null), fault: "" };

/**
 * Draw the field once there is something to draw it with: an answer that came
 * after the first letter was typed would take what was typed away.
 *
 * @param {Pick<Editing, "draft" | "saved" | "set" | "refresh">} editing
 */
export function fetchXml({ draft, saved, set, refresh }) {
  if (saved && stored.id !== `${saved.id}@${saved.version}`) read(saved, refresh);
  const text = draft.fetchxml ?? (saved ? stored.text : "");
  if (text === null) return html`<p role="status">Reading the query as FetchXML …</p>`;
  return html`<textarea class="code" aria-label="The query as FetchXML" spellcheck="false" rows="14" .value=${text}
      @change=${(/** @type {any} */ event) => set("fetchxml", event.target.value.trim() ? event.target.value : null)}></textarea>
    ${saved && stored.fault ? html`<p class="fault">${stored.fault}</p>` : nothing}
    <p class="help">${saved ? "The query as it is stored, written as FetchXML. " : ""}What you write here takes the place of the conditions when it is saved; what FetchXML asks that Cairn cannot do is refused by name.</p>`;
}

/** @param {any} saved @param {() => void} refresh */
async function read({ id, version }, refresh) {
  const asked = `${id}@${version}`;
  Object.assign(stored, { id: asked, text: null, fault: "" });
  let text = "";
  let fault = "";
  try {
    text = await readText(`/v1/rollup-queries/${encodeURIComponent(id)}/fetchxml`);
  } catch (refused) {
    fault = /** @type {Error} */ (refused).message;
  }
  // Another query, or this one after a change, may have been asked for since.
  if (stored.id !== asked) return;
  Object.assign(stored, { text, fault });
  refresh();
}
