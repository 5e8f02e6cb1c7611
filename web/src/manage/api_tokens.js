/** API tokens of systems: which there are, a new one, and an end to one. */

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";

import { RefusedError, write } from "../live/api.js";
import { readAll } from "../live/directory.js";
import { LightElement } from "../parts/light.js";
import { shownMoment } from "../words/moments.js";
import { ask } from "./asking.js";
import { fieldRow } from "./fields.js";
import { lackToHandOut, SCOPES } from "./handing_out.js";
import "./shown_once.js";

/** @typedef {import("./world.js").World} World */
/** @typedef {import("./fields.js").Field} Field */

const PATH = "/v1/tokens";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const FRESH = { name: "", scopes: /** @type {string[]} */ ([]), expires_in_days: "90", user_id: /** @type {string | null} */ (null) };

/** @type {import("./kind.js").Panel} */
export const API_TOKENS = {
  part: "tokens",
  title: "API tokens",
  explain: "Systems show a token with each request. It allows what its scopes say, and no more; its text is shown once, when it is made.",
  needs: ["users"],
  panel: (world) => html`<api-tokens .world=${world}></api-tokens>`,
};

export class ApiTokens extends LightElement {
  /** @override */
  static properties = { world: { attribute: false } };
  /** @type {any[] | null} */
  #tokens = null;
  /** @type {typeof FRESH | null} */
  #draft = null;
  /** @type {RefusedError | null} */
  #refused = null;
  /** @type {any} The one that was just made, with its text. */
  #made = null;
  #isBusy = false;
  #said = "";

  constructor() {
    super();
    /** @type {World | null} */
    this.world = null;
  }

  /** @override */
  firstUpdated() {
    if (!this.#lackToSee) this.#read();
  }

  get #lackToSee() {
    return this.world?.rights?.lackOf("organization:read") ?? null;
  }

  async #read() {
    try {
      this.#tokens = [...(await readAll(PATH)).values()].reverse();
    } catch (fault) {
      this.#refuse(fault);
    }
    this.requestUpdate();
  }

  /** @override */
  render() {
    const world = /** @type {World} */ (this.world);
    const lack = lackToHandOut(world);
    const lackToRevoke = world.rights?.lackOf("organization:write") ?? null;
    if (this.#lackToSee) return html`<p class="lack">You may not see which tokens there are: ${this.#lackToSee}.</p>`;
    return html`
      ${lack ? html`<p class="lack">You can ${lackToRevoke ? "look, and not change anything" : "revoke tokens, and not make any"}: ${lack}.</p>` : nothing}
      ${this.#draft ? nothing : this.#refusal()}
      <shown-once .secret=${this.#secret()}></shown-once>
      ${this.#draft ? this.#form(this.#draft) : this.#head(lack)}
      ${this.#list(lackToRevoke)}`;
  }

  #refusal() {
    return this.#refused ? html`<p class="refused" role="alert">${this.#refused.message}</p>` : nothing;
  }

  /** @param {string | null} lack */
  #head(lack) {
    const isAll = showsAll();
    return html`<div class="panel-head">
      <button type="button" class="new" ?disabled=${Boolean(lack)} @click=${this.#start}>New token</button>
      <label class="check"><input type="checkbox" .checked=${live(isAll)} @change=${this.#showAll}> Those that hold no more, too</label>
      <span class="said" role="status">${this.#said}</span>
    </div>`;
  }

  #secret() {
    if (!this.#made) return null;
    const { name, token } = this.#made;
    return {
      title: `The token ${name} is made`,
      label: `Text of the token ${name}`,
      text: token,
      about: "It stands here this once: only a hash of it is kept. Put it where the system finds its secrets.",
      line: `curl -H "Authorization: Bearer ${token}" ${location.origin}/v1/session`,
      onClose: () => {
        this.#made = null;
        this.requestUpdate();
        this.#focus("button.new");
      },
    };
  }

  #start() {
    this.#draft = { ...FRESH };
    this.#made = this.#refused = null;
    this.#said = "";
    this.requestUpdate();
    this.#focus("#field-name");
  }

  #cancel() {
    this.#draft = this.#refused = null;
    this.requestUpdate();
    this.#focus("button.new");
  }

  /** @param {string} selector */
  async #focus(selector) {
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector(selector))?.focus();
  }

  /** @param {typeof FRESH} draft */
  #form(draft) {
    const fields = this.#fields(draft);
    const placed = fields.find(({ name }) => this.#refused?.field?.startsWith(name))?.name;
    const form = {
      value: (/** @type {string} */ name) => /** @type {any} */ (draft)[name],
      set: (/** @type {string} */ name, /** @type {any} */ value) => this.#set(name, value),
      fault: (/** @type {string} */ name) => (name === placed ? (this.#refused?.message ?? null) : null),
    };
    const isWhole = NAME.test(draft.name) && draft.scopes.length > 0;
    return html`<form class="thing" novalidate @submit=${this.#make} @keydown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.#cancel()}>
      <div class="form-head"><h2>New token</h2></div>
      ${placed ? nothing : this.#refusal()}
      <div class="fields"><section>${fields.map((field) => fieldRow(field, form))}</section></div>
      <footer class="bar"><button class="first" ?disabled=${!isWhole || this.#isBusy}>Make token</button>
        <button type="button" @click=${this.#cancel}>Cancel</button>
        <span class="said">${isWhole ? nothing : "A name and at least one scope are needed"}</span></footer>
    </form>`;
  }

  /** @param {typeof FRESH} draft @returns {Field[]} */
  #fields(draft) {
    const world = /** @type {World} */ (this.world);
    const taken = this.#tokens?.some((one) => one.name === draft.name && !one.revoked_at);
    return [
      { name: "name", label: "Name", type: "text", needed: true, help: "It stands in logs and in the audit trail, as token/nightly-crm.", wrong: wrongName(draft.name, taken ?? false) },
      { name: "scopes", label: "Scopes", type: "own", needed: true, help: "No scope includes another: who writes goals does not read them.", draw: () => this.#scopes(draft) },
      { name: "expires_in_days", label: "Holds for", type: "choice", options: [["30", "30 days"], ["90", "90 days"], ["365", "a year"], ["", "as long as nobody revokes it"]] },
      { name: "user_id", label: "Acts as", type: "one", choices: world.choices("users"), help: "A user, whose rights it has as far as its scopes allow, while the user is enabled. Empty: a system, which no roles restrict." },
    ];
  }

  /** @param {typeof FRESH} draft */
  #scopes(draft) {
    const own = /** @type {World} */ (this.world).rights?.session.scopes ?? [];
    const boxes = Object.entries(SCOPES).map(([scope, words]) => {
      const isOwn = own.includes(scope);
      const toggle = () => this.#set("scopes", draft.scopes.includes(scope) ? draft.scopes.filter((one) => one !== scope) : [...draft.scopes, scope]);
      return html`<li><label class="check"><input type="checkbox" .checked=${live(draft.scopes.includes(scope))} ?disabled=${!isOwn} @change=${toggle}>
        <span><code>${scope}</code> ${words}${isOwn ? nothing : html`; <span class="help">your session does not have it, and cannot give it: <code>cairn token create</code> does</span>`}</span></label></li>`;
    });
    return html`<ul class="scopes">${boxes}</ul>`;
  }

  /** @param {string} name @param {any} value */
  #set(name, value) {
    this.#draft = { ...(this.#draft ?? FRESH), [name]: value };
    if (this.#refused?.field === name) this.#refused = null;
    this.requestUpdate();
  }

  /** @param {Event} event */
  async #make(event) {
    event.preventDefault();
    if (!this.#draft || this.#isBusy) return;
    const { name, scopes, expires_in_days: days, user_id } = this.#draft;
    this.#isBusy = true;
    this.#refused = null;
    this.requestUpdate();
    try {
      this.#made = await write("POST", PATH, { name, scopes, user_id, expires_in_days: days ? Number(days) : null });
      this.#draft = null;
      await this.#read();
    } catch (fault) {
      this.#refuse(fault);
    }
    this.#isBusy = false;
    this.requestUpdate();
    if (this.#refused) await this.#focus("[aria-invalid=true]");
  }

  /** @param {string | null} lack */
  #list(lack) {
    if (!this.#tokens) return this.#refused ? nothing : html`<p class="help" aria-busy="true">Reading the tokens …</p>`;
    const holding = this.#tokens.filter(holds);
    const shown = showsAll() ? this.#tokens : holding;
    if (!shown.length) return html`<p class="nothing">No token holds. Systems need one to send records or to read goals; <code>CAIRN_ADMIN_TOKEN</code> is for setting up.</p>`;
    return html`<table class="lines tokens"><caption class="unseen">API tokens</caption>
      <thead><tr><th scope="col">Name</th><th scope="col">May</th><th scope="col">Made</th><th scope="col">Last used</th><th scope="col">Holds until</th><th scope="col"><span class="unseen">Revoke</span></th></tr></thead>
      <tbody>${repeat(shown, (one) => one.id, (one) => this.#row(one, lack))}</tbody></table>
      <p class="count">${holding.length} ${holding.length === 1 ? "holds" : "hold"}, ${this.#tokens.length - holding.length} no more</p>`;
  }

  /** @param {any} one @param {string | null} lack */
  #row(one, lack) {
    const world = /** @type {World} */ (this.world);
    const isHolding = holds(one);
    return html`<tr ?data-over=${!isHolding}>
      <th scope="row">${one.name}${one.user_id ? html`<br> <span class="help">as ${world.nameOf("users", one.user_id)}</span>` : nothing}</th>
      <td data-label="May">${one.scopes.map((/** @type {string} */ scope) => html`<code title=${SCOPES[scope] ?? nothing}>${scope}</code> `)}</td>
      <td data-label="Made">${shownMoment(one.created_at)}<br> <span class="help">by ${one.created_by}</span></td>
      <td data-label="Last used">${one.last_used_at ? shownMoment(one.last_used_at) : "never"}</td>
      <td data-label="Holds until">${until(one)}</td>
      <td>${isHolding && !lack ? html`<button type="button" aria-label="Revoke ${one.name}" @click=${() => this.#revoke(one)}>Revoke …</button>` : nothing}</td>
    </tr>`;
  }

  /** @param {any} one */
  async #revoke({ id, name, last_used_at: used }) {
    const text = html`<p>Whoever shows it is refused at once here, and within two seconds everywhere. It cannot be undone; its name is free again.</p>
      <p>${used ? `It was last used ${shownMoment(used)}.` : "It was never used."}</p>`;
    if (!(await ask({ title: `Revoke ${name}?`, text, yes: "Revoke this token" }))) return;
    try {
      await write("DELETE", `${PATH}/${encodeURIComponent(id)}`);
      this.#refused = null;
      this.#said = `${name} is revoked`;
      await this.#read();
    } catch (fault) {
      this.#refuse(fault);
    }
    this.requestUpdate();
    await this.#focus("button.new:enabled, .panel-head input");
  }

  /** @param {any} event */
  #showAll({ target }) {
    const query = new URLSearchParams(location.search);
    if (target.checked) query.set("all", "1");
    else query.delete("all");
    history.replaceState(null, "", `?${query}`);
    this.requestUpdate();
  }

  /** @param {unknown} fault */
  #refuse(fault) {
    this.#refused = fault instanceof RefusedError ? fault : new RefusedError(0, { detail: String(fault) });
  }
}

function showsAll() {
  return new URLSearchParams(location.search).has("all");
}

/** @param {any} token */
function holds({ revoked_at: revoked, expires_at: expires }) {
  return !revoked && (!expires || Date.parse(expires) > Date.now());
}

/** @param {any} token */
function until({ revoked_at: revoked, expires_at: expires }) {
  if (revoked) return `revoked ${shownMoment(revoked)}`;
  if (!expires) return "somebody revokes it";
  return `${Date.parse(expires) > Date.now() ? "" : "expired "}${shownMoment(expires)}`;
}

/** @param {string} name @param {boolean} isTaken */
function wrongName(name, isTaken) {
  if (isTaken) return `there is a token ${name} that holds; choose another name, or revoke that one first`;
  return !name || NAME.test(name) ? null : "letters, digits, “.”, “_” and “-”, 100 at most, beginning with a letter or digit";
}

customElements.define("api-tokens", ApiTokens);
