/** Links that let one person into the page, once. */

import { html, nothing } from "lit";

import { RefusedError, write } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { shownMoment } from "../words/moments.js";
import { fieldRow } from "./fields.js";
import { lackToHandOut } from "./handing_out.js";
import "./shown_once.js";

/** @typedef {import("./world.js").World} World */

/** @type {import("./kind.js").Panel} */
export const PAGE_LINKS = {
  part: "page-links",
  title: "Page links",
  explain: "A link lets one browser into the page, once and within an hour; the session it opens there lasts thirty days.",
  needs: ["users"],
  panel: (world) => html`<page-links .world=${world}></page-links>`,
};

export class PageLinks extends LightElement {
  /** @override */
  static properties = { world: { attribute: false } };
  /** @type {string | null} */
  #user = null;
  /** @type {any} */
  #made = null;
  /** @type {RefusedError | null} */
  #refused = null;
  #isBusy = false;

  constructor() {
    super();
    /** @type {World | null} */
    this.world = null;
  }

  /** @override */
  render() {
    const world = /** @type {World} */ (this.world);
    const lack = lackToHandOut(world);
    const fault = this.#refused;
    /** @type {import("./fields.js").Field} */
    const field = { name: "user_id", label: "For", type: "one", choices: world.choices("users").filter(({ id }) => !world.list("users").get(id)?.disabled), help: "The session is this user’s, with his rights. Empty: it may do whatever yours may." };
    const form = {
      value: () => this.#user,
      set: (/** @type {string} */ _, /** @type {string | null} */ user) => {
        [this.#user, this.#refused] = [user, null];
        this.requestUpdate();
      },
      fault: () => (fault?.field === "user_id" ? fault.message : null),
    };
    return html`
      ${lack ? html`<p class="lack">You cannot make one: ${lack}.</p>` : nothing}
      ${fault && fault.field !== "user_id" ? html`<p class="refused" role="alert">${fault.message}</p>` : nothing}
      <shown-once .secret=${this.#secret()}></shown-once>
      <form class="thing" novalidate @submit=${this.#make}>
        <fieldset class="fields" ?disabled=${Boolean(lack)}><legend class="unseen">A new link</legend><section>${fieldRow(field, form)}</section></fieldset>
        <footer class="bar"><button class="first" ?disabled=${Boolean(lack) || this.#isBusy}>Make a link</button>
          <span class="said">${lack ? nothing : `It will be a link for ${this.#user ? world.nameOf("users", this.#user) : "whoever opens it first, with your rights"}`}</span></footer>
      </form>
      <p class="help">Who made links, and for whom, stands in <a href="?part=audit&kind=page_link">the audit trail</a>; of a link itself only a hash is kept.</p>`;
  }

  #secret() {
    if (!this.#made) return null;
    const { url, user_id: user, expires_at: expires } = this.#made;
    const name = user ? /** @type {World} */ (this.world).nameOf("users", user) : null;
    return {
      title: name ? `A link for ${name}` : "A link with your rights",
      label: name ? `Link for ${name}` : "Link with your rights",
      text: url,
      about: html`It works once, until ${shownMoment(expires)}. Whoever opens it first is in: send it as you would send a password. Opened in this browser, it ends your own session here.`,
      onClose: async () => {
        this.#made = null;
        this.requestUpdate();
        await this.updateComplete;
        /** @type {HTMLElement | null} */ (this.querySelector("#field-user_id"))?.focus();
      },
    };
  }

  /** @param {Event} event */
  async #make(event) {
    event.preventDefault();
    if (this.#isBusy) return;
    this.#isBusy = true;
    [this.#made, this.#refused] = [null, null];
    this.requestUpdate();
    try {
      this.#made = await write("POST", "/v1/page-links", { user_id: this.#user });
      this.#user = null;
    } catch (fault) {
      this.#refused = fault instanceof RefusedError ? fault : new RefusedError(0, { detail: String(fault) });
    }
    this.#isBusy = false;
    this.requestUpdate();
  }
}

customElements.define("page-links", PageLinks);
