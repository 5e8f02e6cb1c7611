/**
 * Tabs as the ARIA practices have them; the chosen one stands in the address.
 */

import { html } from "lit";

export class Tabs {
  #names;
  #onChange;

  /**
   * @param {Record<string, string>} names
   * @param {() => void} onChange
   */
  constructor(names, onChange) {
    this.#names = names;
    this.#onChange = onChange;
    addEventListener("popstate", onChange);
  }

  get chosen() {
    const wanted = new URLSearchParams(location.search).get("tab") ?? "";
    return wanted in this.#names ? wanted : Object.keys(this.#names)[0];
  }

  /** @param {string} name */
  #choose(name) {
    const address = new URL(location.href);
    address.searchParams.set("tab", name);
    history.replaceState(null, "", address);
    this.#onChange();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const names = Object.keys(this.#names);
    const at = names.indexOf(this.chosen);
    /** @type {Record<string, number>} */
    const places = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: names.length - 1 };
    const to = places[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const name = names[(to + names.length) % names.length];
    this.#choose(name);
    document.getElementById(`tab-${name}`)?.focus();
  }

  /** @param {string} label */
  bar(label) {
    return html`<div class="tabs" role="tablist" aria-label=${label} @keydown=${this.#pressed.bind(this)}>
      ${Object.entries(this.#names).map(([name, words]) => {
        const isChosen = name === this.chosen;
        return html`<button type="button" role="tab" id=${`tab-${name}`} aria-controls="tab-panel" aria-selected=${String(isChosen)}
          tabindex=${isChosen ? 0 : -1} @click=${() => this.#choose(name)}>${words}</button>`;
      })}
    </div>`;
  }

  /** @param {unknown} content */
  panel(content) {
    return html`<div role="tabpanel" id="tab-panel" aria-labelledby=${`tab-${this.chosen}`}>${content}</div>`;
  }
}
