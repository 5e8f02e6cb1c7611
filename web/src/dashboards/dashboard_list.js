/**
 * The dashboards that one sees, and a field to begin a new one.
 *
 * @typedef {import("../parts/frame.js").Frame} Frame
 */

import { html, nothing } from "lit";

import { write } from "../live/api.js";
import { readAll } from "../live/directory.js";
import { LightElement } from "../parts/light.js";

export class DashboardList extends LightElement {
  /** @type {Frame | null} */
  #frame = null;
  /** @type {any[] | null} */
  #dashboards = null;
  /** @type {Error | null} */
  #fault = null;
  /** @type {Error | null} */
  #refusal = null;

  /** @param {Frame} frame */
  listenTo(frame) {
    this.#frame = frame;
    frame.onPaint(() => this.requestUpdate());
    this.#read();
  }

  /** @override */
  get isReady() {
    return this.#dashboards !== null || this.#fault !== null;
  }

  async #read() {
    try {
      const found = [...(await readAll("/v1/dashboards")).values()].sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
      // What the server drew has names; ids would be a step back.
      if (found.some((one) => one.owner !== null)) await this.#frame?.directory.read().catch(() => {});
      this.#dashboards = found;
    } catch (fault) {
      this.#fault = /** @type {Error} */ (fault);
    }
    this.requestUpdate();
  }

  /** @override */
  render() {
    return html`<h1 class="screen-title">Dashboards</h1>
      <form class="tools" @submit=${this.#create}>
        <label>New dashboard <input type="text" name="name" required maxlength="500" placeholder="Its name"></label>
        <button>Create</button>
        ${this.#refusal ? html`<span class="fault" role="alert">${this.#refusal.message}</span>` : nothing}
      </form>
      ${this.#fault ? html`<p class="fault" role="alert">The dashboards could not be read: ${this.#fault.message}</p>` : this.#list()}`;
  }

  #list() {
    const dashboards = this.#dashboards ?? [];
    if (dashboards.length === 0) {
      return html`<p class="empty">None yet. A dashboard is made of tiles: goals, what moved them, what needs attention, reports, texts. Name your first one above.</p>`;
    }
    return html`<ul class="dashboards">${dashboards.map((one) => html`<li>
      <a href="/dashboards/${encodeURIComponent(one.id)}">${one.name}</a>
      <span class="quiet">${one.owner === null ? "everybody's" : (this.#frame?.directory.nameOf(one.owner) ?? one.owner.id)} · ${one.sections.length} ${one.sections.length === 1 ? "section" : "sections"}</span>
    </li>`)}</ul>`;
  }

  /** @param {SubmitEvent} event */
  async #create(event) {
    event.preventDefault();
    const name = new FormData(/** @type {HTMLFormElement} */ (event.target)).get("name");
    try {
      const made = await write("POST", "/v1/dashboards", { name, sections: [{ title: "", tiles: [] }] });
      location.assign(`/dashboards/${encodeURIComponent(made.id)}?edit=1`);
    } catch (fault) {
      this.#refusal = /** @type {Error} */ (fault);
      this.requestUpdate();
    }
  }
}

customElements.define("dashboard-list", DashboardList);
