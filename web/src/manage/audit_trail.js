/** Who changed what, when, and from what to what. */

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";

import { read } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { shownMoment } from "../words/moments.js";
import { addressOf, filterOfAddress, instantOf, isOfAudit, localOf, queryOf } from "./audit_filter.js";
import { KINDS, placeOf, turnsOf } from "./audit_words.js";
import { select } from "./fields.js";
import { saveTable } from "./table_file.js";

/** @typedef {import("./world.js").World} World */
/** @typedef {import("./audit_words.js").Line} Line */
/** @typedef {import("./audit_words.js").Turn} Turn */

const PAGE = "50";
const TYPING_MS = 350;
// As many fields of a line stand there at once; the others unfold.
const TURNS_SHOWN = 6;
// What is done once, and has no name.
const UNNAMED = ["page_link", "recalculation", "rejected_replay"];

/** @type {import("./kind.js").Panel} */
export const AUDIT = {
  part: "audit",
  title: "Audit trail",
  explain: "Every change has a line: who, when, what, and from what to what. Nobody can write here, change a line, or delete one.",
  needs: ["users", "goals"],
  panel: (world) => html`<audit-trail .world=${world} .goals=${world.list("goals")}></audit-trail>`,
};

export class AuditTrail extends LightElement {
  /** @override */
  static properties = { world: { attribute: false }, goals: { attribute: false } };
  #filter = filterOfAddress();
  /** @type {Line[] | null} */
  #lines = null;
  /** @type {string | null} */
  #next = null;
  /** @type {Error | null} */
  #fault = null;
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;
  #followed = () => {
    if (this.#lack || !isOfAudit()) return;
    this.#filter = filterOfAddress();
    this.#read();
  };

  constructor() {
    super();
    /** @type {World | null} */
    this.world = null;
    /** Their titles may become known later than the lines. @type {Map<string, any>} */
    this.goals = new Map();
  }

  get #lack() {
    return this.world?.rights?.lackOf("organization:read") ?? null;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    addEventListener("popstate", this.#followed);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("popstate", this.#followed);
  }

  /** @override */
  firstUpdated() {
    if (!this.#lack) this.#read();
  }

  async #read(after = "") {
    const turn = ++this.#turn;
    try {
      const page = await read(`/v1/audit?${queryOf(this.#filter, { limit: PAGE, ...(after ? { after } : {}) })}`);
      if (turn !== this.#turn) return;
      this.#lines = after ? [...(this.#lines ?? []), ...page.items] : page.items;
      this.#next = page.next;
      this.#fault = null;
    } catch (fault) {
      if (turn !== this.#turn) return;
      this.#fault = /** @type {Error} */ (fault);
      // Lines of another question answer none.
      if (!after) this.#lines = null;
    }
    this.requestUpdate();
  }

  /** @override */
  render() {
    if (this.#lack) return html`<p class="lack">You may not read the audit trail: ${this.#lack}. Who changed a goal stands with the goal, for whoever may read it.</p>`;
    return html`${this.#filters()}
      ${this.#fault ? html`<p class="refused" role="alert">${this.#fault.message}</p>` : nothing}
      ${this.#list()}`;
  }

  #filters() {
    const { kind, id, caller, action, from, to } = this.#filter;
    const callers = [...new Set((this.#lines ?? []).map((line) => line.caller))];
    const kinds = Object.entries(KINDS).map(([one, [words]]) => /** @type {[string, string]} */ ([one, words]));
    const isFiltered = Object.values(this.#filter).some(Boolean);
    return html`<form class="filters" role="search" aria-label="Lines of the audit trail" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <label>What ${select({ options: [["", "anything"], ...kinds], value: kind, onChange: (one) => this.#set("kind", one) })}</label>
      <label>Id <input type="search" autocomplete="off" spellcheck="false" .value=${live(id)} @input=${(/** @type {any} */ event) => this.#typed("id", event.target.value)}></label>
      <label>Became ${select({ options: [["", "anything"], ["created", "created"], ["changed", "changed"], ["deleted", "deleted"]], value: action, onChange: (one) => this.#set("action", one) })}</label>
      <label>By <input type="search" list="callers" autocomplete="off" spellcheck="false" placeholder="user/ada" .value=${live(caller)} @input=${(/** @type {any} */ event) => this.#typed("caller", event.target.value)}></label>
      <datalist id="callers">${callers.map((one) => html`<option value=${one}></option>`)}</datalist>
      <label>From <input type="datetime-local" .value=${live(localOf(from))} @change=${(/** @type {any} */ event) => this.#set("from", instantOf(event.target.value))}></label>
      <label>Before <input type="datetime-local" .value=${live(localOf(to))} @change=${(/** @type {any} */ event) => this.#set("to", instantOf(event.target.value))}></label>
      <span class="buttons">
        <button type="button" ?disabled=${!isFiltered} @click=${this.#clear}>Clear</button>
        <button type="button" @click=${() => this.#read()}>Read again</button>
        <button type="button" @click=${this.#save}>Save as CSV</button>
      </span>
    </form>`;
  }

  /** @param {keyof import("./audit_filter.js").Filter} name @param {string} value */
  #typed(name, value) {
    this.#filter = { ...this.#filter, [name]: value };
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#show(this.#filter), TYPING_MS);
  }

  /** @param {keyof import("./audit_filter.js").Filter} name @param {string} value */
  #set(name, value) {
    this.#show({ ...this.#filter, [name]: value });
  }

  #clear() {
    this.#show({ kind: "", id: "", caller: "", action: "", from: "", to: "" });
  }

  /** @param {import("./audit_filter.js").Filter} filter */
  #show(filter) {
    clearTimeout(this.#typing);
    this.#filter = filter;
    history.replaceState(null, "", addressOf(filter));
    this.requestUpdate();
    this.#read();
  }

  async #save() {
    try {
      await saveTable(`/v1/audit?${queryOf(this.#filter)}`, "audit.csv");
    } catch (fault) {
      this.#fault = /** @type {Error} */ (fault);
      this.requestUpdate();
    }
  }

  #list() {
    if (!this.#lines) return this.#fault ? nothing : html`<p class="help" aria-busy="true">Reading the audit trail …</p>`;
    const count = this.#lines.length;
    if (!count) return html`<p class="nothing" role="status">No line fits: nothing was changed like this.</p>`;
    return html`<table class="lines trail"><caption class="unseen">Changes, newest first</caption>
        <thead><tr><th scope="col">When</th><th scope="col">By</th><th scope="col">What</th><th scope="col">From what to what</th></tr></thead>
        <tbody>${repeat(this.#lines, ({ number }) => number, (line) => this.#row(line))}</tbody></table>
      <p class="list-foot">${this.#next ? html`<button type="button" @click=${() => this.#read(this.#next ?? "")}>Show earlier ones</button>` : nothing}
        <span class="count" role="status">${count.toLocaleString()} ${count === 1 ? "line" : "lines"}${this.#next ? ", and earlier ones" : ", all there are"}</span></p>`;
  }

  /** @param {Line} line */
  #row(line) {
    const { at, caller, action } = line;
    return html`<tr>
      <td><time datetime=${at}>${shownMoment(at)}</time></td>
      <td><a href=${addressOf({ caller })} title="All that ${caller} changed">${this.#who(caller)}</a></td>
      <th scope="row"><span class="action" data-action=${action}>${action}</span> ${this.#what(line)}</th>
      <td class=${action === "changed" ? "turns" : "whole"}>${changes(turnsOf(line))}</td>
    </tr>`;
  }

  /** @param {string} caller */
  #who(caller) {
    const name = caller.startsWith("user/") ? this.world?.list("users").get(caller.slice(5))?.name : null;
    return name && name !== caller.slice(5) ? html`${name} <span class="help">${caller}</span>` : caller;
  }

  /** @param {Line} line */
  #what(line) {
    const { kind, id } = line;
    const words = KINDS[kind]?.[0] ?? kind.replaceAll("_", " ");
    const name = nameOf(line, this.world, this.goals);
    if (name === null) return html`${words} <span class="help">${id}</span>`;
    const place = placeOf(line);
    return html`${words} ${place ? html`<a href=${place}>${name}</a>` : name}
      <span class="help">${name === id ? nothing : id} <a href=${addressOf({ kind, id })} aria-label="All changes of ${words} ${name}">all changes</a></span>`;
  }
}

/**
 * Return what people call a thing; null: nothing, as nobody ever speaks of one again.
 *
 * @param {Line} line
 * @param {World | null} world
 * @param {Map<string, any>} goals
 * @returns {string | null}
 */
function nameOf({ kind, id, before, after }, world, goals) {
  if (UNNAMED.includes(kind)) return null;
  // There is one only, and its id says nothing.
  if (kind === "organization") return "settings";
  const told = after?.title ?? after?.name ?? before?.title ?? before?.name;
  const known = kind === "goal" ? goals.get(id)?.title : kind === "user" ? world?.list("users").get(id)?.name : null;
  return known ?? told ?? id;
}

/** @param {Turn[]} turns */
function changes(turns) {
  const rest = turns.slice(TURNS_SHOWN);
  return html`<dl>${turns.slice(0, TURNS_SHOWN).map(drawn)}</dl>
    ${rest.length ? html`<details><summary>${rest.length} more</summary><dl>${rest.map(drawn)}</dl></details>` : nothing}`;
}

/** @param {Turn} turn */
function drawn({ field, before, after }) {
  const told = before === null ? after : after === null ? html`<del>${before}</del>` : html`<del>${before}</del> <span aria-label="became">→</span> <ins>${after}</ins>`;
  return html`<div><dt>${field}</dt><dd>${told}</dd></div>`;
}

customElements.define("audit-trail", AuditTrail);
