/**
 * A dialog for one action: what it does, its fields, what it would change, and what the
 * API says if it refuses, at the field that it is about.
 *
 * @typedef {(data: FormData) => Promise<unknown>} Preview What it would change, to be shown.
 * @typedef {object} Form
 * @property {string} title
 * @property {unknown} explains
 * @property {string} submit What the button says.
 * @property {(dialog: ActionDialog) => unknown} [fields]
 * @property {Preview} [preview]
 * @property {(data: FormData, dialog: ActionDialog) => Promise<unknown>} send Its answer
 *   stays to be read; without one the dialog closes.
 */

import { html, nothing } from "lit";

import { LightElement } from "../parts/light.js";

const TYPING_MS = 350;

export class ActionDialog extends LightElement {
  /** @type {Form | null} */
  #form = null;
  /** @type {(Error & {field?: string | null}) | null} */
  #refusal = null;
  /** @type {unknown} */
  #preview = nothing;
  /** @type {unknown} */
  #result = nothing;
  #isBusy = false;
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  /** @param {Form} form */
  async open(form) {
    this.#form = form;
    this.#refusal = null;
    this.#preview = this.#result = nothing;
    this.#isBusy = false;
    this.#turn += 1;
    this.requestUpdate();
    await this.updateComplete;
    const dialog = this.#dialog;
    // What was typed for another action is none of this one's.
    dialog.querySelector("form")?.reset();
    dialog.showModal();
    this.#look();
  }

  close() {
    this.#dialog.close();
  }

  /** Show something in place of the fields. @param {unknown} result */
  show(result) {
    this.#result = result;
    this.requestUpdate();
  }

  /** Changes when the dialog opens or closes: who waited for something looks at it. */
  get turn() {
    return this.#turn;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  /** @override */
  render() {
    const form = this.#form;
    return html`<dialog aria-labelledby="action-title" @close=${() => this.#closed()}>${form ? this.#inside(form) : nothing}</dialog>`;
  }

  /** @param {Form} form */
  #inside(form) {
    const isDone = this.#result !== nothing;
    return html`<form method="dialog" novalidate @submit=${this.#send} @input=${this.#changed}>
      <h2 id="action-title">${form.title}</h2>
      ${isDone ? this.#result : html`<div class="explains">${form.explains}</div>${this.#top()}${form.fields?.(this) ?? nothing}<div class="preview" aria-live="polite">${this.#preview}</div>`}
      <div class="answers">
        <button type="button" @click=${this.close}>${isDone ? "Close" : "Cancel"}</button>
        ${isDone ? nothing : html`<button class="main" ?disabled=${this.#isBusy}>${form.submit}</button>`}
      </div>
    </form>`;
  }

  /** What was refused, where no field shows it. */
  #top() {
    const refusal = this.#refusal;
    const has = refusal?.field && this.querySelector(`[data-field="${CSS.escape(refusal.field)}"]`);
    return html`<div role="alert">${refusal && !has ? html`<p class="refused">${refusal.message}</p>` : nothing}</div>`;
  }

  /**
   * Return a field with its label, its hint, and what was refused of it.
   *
   * @param {string} name As the API calls it.
   * @param {string} label
   * @param {(id: string, described: string) => unknown} input
   * @param {unknown} [hint]
   */
  field(name, label, input, hint = nothing) {
    const id = `action-${name.replace(/\W/g, "-")}`;
    const refused = this.#refusal?.field === name ? this.#refusal.message : null;
    return html`<div class="field ${refused ? "wrong" : ""}" data-field=${name}>
      <label for=${id}>${label}</label>
      ${input(id, `${id}-words`)}
      <p class="hint" id=${`${id}-words`}>${refused ? html`<span class="refused">${refused}</span>` : hint}</p>
    </div>`;
  }

  get #data() {
    return new FormData(/** @type {HTMLFormElement} */ (this.#dialog.querySelector("form")));
  }

  #changed() {
    this.#refusal = null;
    this.requestUpdate();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#look(), TYPING_MS);
  }

  /** Ask what it would change, and show it. */
  async #look() {
    const form = this.#form;
    const turn = this.#turn;
    if (!form?.preview || !this.#dialog.open || this.#result !== nothing) return;
    try {
      const preview = await form.preview(this.#data);
      if (turn !== this.#turn) return;
      this.#preview = preview;
    } catch (fault) {
      if (turn !== this.#turn) return;
      this.#preview = nothing;
      this.#refusal = /** @type {Error} */ (fault);
    }
    this.requestUpdate();
  }

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    const form = /** @type {Form} */ (this.#form);
    const turn = this.#turn;
    this.#isBusy = true;
    this.#refusal = null;
    this.requestUpdate();
    try {
      const result = await form.send(this.#data, this);
      if (turn !== this.#turn) return;
      if (result === undefined) this.close();
      else this.show(result);
    } catch (fault) {
      if (turn !== this.#turn) return;
      this.#refusal = /** @type {Error} */ (fault);
    }
    this.#isBusy = false;
    this.requestUpdate();
  }

  #closed() {
    this.#turn += 1;
    this.#form = null;
    this.requestUpdate();
  }
}

customElements.define("action-dialog", ActionDialog);
