/** A secret that is shown once: to be copied, and gone when its box is closed. */

import { html, nothing } from "lit";

import { LightElement } from "../parts/light.js";

export class ShownOnce extends LightElement {
  /** @override */
  static properties = { secret: { attribute: false } };
  #said = "";

  constructor() {
    super();
    /** What it is called, its text, what to know of it, and a line to try it with. */
    /** @type {{title: string, label: string, text: string, about: unknown, line?: string, onClose: () => void} | null} */
    this.secret = null;
  }

  /** @override @param {import("lit").PropertyValues} changed */
  updated(changed) {
    if (!changed.has("secret") || !this.secret) return;
    this.#said = "";
    /** @type {HTMLElement | null} */ (this.querySelector("h2"))?.focus();
  }

  /** @override */
  render() {
    if (!this.secret) return nothing;
    const { title, label, text, about, line, onClose } = this.secret;
    return html`<section class="once">
      <h2 tabindex="-1">${title}</h2>
      <p>${about}</p>
      ${this.#row(label, text)}
      ${line ? html`<p class="help">Try it:</p>${this.#row("A line to try it with", line)}` : nothing}
      <p class="row"><button type="button" @click=${onClose}>I have it: close this</button><span class="said" role="status">${this.#said}</span></p>
    </section>`;
  }

  /** @param {string} label @param {string} text */
  #row(label, text) {
    return html`<p class="copied"><input class="code" readonly aria-label=${label} .value=${text} @focus=${(/** @type {any} */ event) => event.target.select()}>
      <button type="button" aria-label="Copy: ${label}" @click=${(/** @type {Event} */ event) => this.#copy(event, text)}>Copy</button></p>`;
  }

  /** @param {Event} event @param {string} text */
  async #copy(event, text) {
    const input = /** @type {HTMLElement} */ (event.currentTarget).previousElementSibling;
    try {
      await navigator.clipboard.writeText(text);
      this.#said = "Copied";
    } catch {
      // Without https, or without the right to, browsers leave the clipboard alone.
      /** @type {HTMLInputElement} */ (input).select();
      this.#said = "This browser does not let the page copy: it is selected, press Ctrl+C";
    }
    this.requestUpdate();
  }
}

customElements.define("shown-once", ShownOnce);
