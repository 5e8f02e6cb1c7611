/** Merging a business unit into another. */

import { html, nothing } from "lit";

import { RefusedError, write } from "../live/api.js";
import { ask } from "./asking.js";
import { choiceBox } from "./choices.js";

const merge = { into: /** @type {string | null} */ (null), fault: "" };

/** @param {import("./kind.js").Editing} editing */
export function mergeBox({ saved, world, refresh }) {
  if (!saved || world.rights?.lackOf("directory:write")) return nothing;
  const others = world.choices("business-units").filter(({ id }) => id !== saved.id);
  return html`<section><h3>Merge it into another</h3>
    <p class="help">Its users, teams and units move there, then it is deleted.</p>
    <div class="field"><label for="merge-into">Into</label><div class="entry">${choiceBox({ id: "merge-into", choices: others, value: merge.into, onChoose: (id) => {
      merge.into = id;
      refresh();
    } })}</div></div>
    ${merge.fault ? html`<p class="fault" role="alert">${merge.fault}</p>` : nothing}
    <button type="button" ?disabled=${!merge.into} @click=${() => run(saved, world, refresh)}>Merge …</button></section>`;
}

/** @param {any} saved @param {import("./world.js").World} world @param {() => void} refresh */
async function run(saved, world, refresh) {
  const { into } = merge;
  const name = world.nameOf("business-units", into);
  const text = html`<p>All that ${saved.name} holds moves to ${name}, and ${saved.name} is gone. This cannot be undone.</p>`;
  if (!(await ask({ title: `Merge ${saved.name} into ${name}?`, text, yes: "Merge them" }))) return;
  try {
    await write("POST", `/v1/business-units/${encodeURIComponent(saved.id)}/merge`, { into });
    Object.assign(merge, { into: null, fault: "" });
    location.assign(`?part=business-units&id=${encodeURIComponent(into ?? "")}`);
  } catch (refused) {
    merge.fault = refused instanceof RefusedError ? refused.message : String(refused);
    refresh();
  }
}
