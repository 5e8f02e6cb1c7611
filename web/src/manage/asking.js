/** Questions that are answered before anything else is done. */

import { html, nothing, render } from "lit";

/**
 * Ask in a dialog; Escape means no.
 *
 * @param {{title: string, text: unknown, yes: string, no?: string}} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, yes, no = "Cancel" }) {
  const dialog = document.createElement("dialog");
  dialog.className = "question";
  dialog.setAttribute("aria-label", title);
  render(
    html`<form method="dialog">
      <h2>${title}</h2>
      <div>${text}</div>
      <p class="answers">
        <button value="no">${no}</button>
        ${yes ? html`<button value="yes" class="first">${yes}</button>` : nothing}
      </p>
    </form>`,
    dialog,
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
