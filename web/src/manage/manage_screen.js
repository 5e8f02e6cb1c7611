/**
 * The screen on which things are made and changed: all of them on the left, and the form
 * of one on the right. What is open stands in the address.
 *
 * @typedef {import("./kind.js").Kind} Kind
 * @typedef {import("./kind.js").Panel} Panel
 * @typedef {import("./kind.js").Editing} Editing
 * @typedef {import("../parts/frame.js").Frame} Frame
 */

import { html, nothing } from "lit";

import { RefusedError, readTagged, write } from "../live/api.js";
import { LightElement } from "../parts/light.js";
import { ask } from "./asking.js";
import { differences } from "./differences.js";
import { changesOf, put } from "./drafts.js";
import { firstMissing, STEPS, stepsBar } from "./first_steps.js";
import { isAt, thingForm } from "./thing_form.js";
import { thingList } from "./thing_list.js";
import "./importing.js";
import { World } from "./world.js";

export class ManageScreen extends LightElement {
  world = new World();
  /** @type {(Kind | Panel)[]} */
  #kinds = [];
  /** The part that is shown. @type {Kind | Panel | null} */
  #part = null;
  #isKnown = false;
  #search = "";
  /** What is open; null: nothing, or something new. @type {string | null} */
  #id = null;
  /** @type {any} */
  #saved = null;
  /** @type {string | null} */
  #etag = null;
  /** @type {any} */
  #draft = null;
  /** What the draft was when it was opened. @type {any} */
  #opened = null;
  /** @type {RefusedError | null} */
  #refused = null;
  #isSaving = false;
  #said = "";
  /** @type {Frame | null} */
  #frame = null;
  /** Which step to a first goal is taken; null: none. @type {number | null} */
  #step = null;

  /** @override */
  get isReady() {
    // Goals come live: till then the list that the server drew says more than an empty one.
    const isListed = this.#kind?.part !== "goals" || this.#frame?.isKnown === true;
    return this.#isKnown && (isListed || this.#draft !== null);
  }

  /**
   * @param {Frame} frame
   * @param {(Kind | Panel)[]} kinds
   */
  async start(frame, kinds) {
    this.#frame = frame;
    this.#kinds = kinds;
    addEventListener("popstate", () => this.#follow());
    addEventListener("beforeunload", (event) => this.#isChanged() && event.preventDefault());
    addEventListener("keydown", (event) => this.#pressed(event));
    frame.onPaint(({ places }) => {
      if (places && this.#part && needsGoals(this.#part)) this.#takeGoals();
    });
    await this.#follow();
  }

  /** Show what the address says. */
  async #follow() {
    const query = new URLSearchParams(location.search);
    const part = query.get("part");
    if (query.has("first") && !this.#isKnown) await this.world.read(["metrics", "users"]);
    this.#step = query.has("first") ? Number(query.get("step") ?? firstMissing(this.world)) : null;
    const kinds = this.#step === null ? this.#kinds : STEPS.slice(this.#step);
    const kind = kinds.find((one) => one.part === part) ?? kinds[0];
    if (kind !== this.#part) {
      this.#part = kind;
      this.#isKnown = false;
      await this.#readLists(kind);
    }
    this.#search = query.get("q") ?? "";
    if ("panel" in kind) await this.#open(null, false);
    else await this.#open(kind.single ? "" : query.get("id"), query.has("new") || query.has("first"));
    this.#isKnown = true;
    this.requestUpdate();
  }

  /** The part that is shown, where that is a kind of things. */
  get #kind() {
    return /** @type {Kind} */ (this.#part);
  }

  /** @param {Kind | Panel} kind */
  async #readLists(kind) {
    const lists = new Set(kind.needs);
    if (!("panel" in kind) && !kind.single) lists.add(kind.part);
    lists.delete("goals");
    await this.world.read([...lists]);
    if (needsGoals(kind)) this.#takeGoals();
  }

  /** Goals come live; what they are called is all that is needed of them here. */
  #takeGoals() {
    const goals = [...(this.#frame?.goals.all() ?? [])];
    this.world.put("goals", new Map(goals.map((goal) => [goal.goal_id, { ...goal, id: goal.goal_id }])));
    this.requestUpdate();
  }

  /** @param {string | null} id @param {boolean} isNew */
  async #open(id, isNew) {
    const kind = this.#kind;
    this.#refused = null;
    this.#said = "";
    [this.#id, this.#saved, this.#etag, this.#draft] = [id, null, null, null];
    try {
      if (id !== null) await this.#readOne(id);
      else if (isNew) this.#draft = kind.fresh(this.world);
    } catch (fault) {
      this.#refuse(fault);
    }
    this.#opened = this.#draft;
    this.requestUpdate();
  }

  /** @param {string} id */
  async #readOne(id) {
    const kind = this.#kind;
    const { body, etag } = await readTagged(kind.single ?? `/v1/${kind.part}/${encodeURIComponent(id)}`);
    this.#saved = body;
    this.#etag = etag;
    this.#draft = kind.editable ? kind.editable(body) : body;
  }

  #isChanged() {
    return this.#draft !== null && Object.keys(changesOf(this.#opened, this.#draft)).length > 0;
  }

  /** @returns {Promise<boolean>} */
  async #mayLeave() {
    if (!this.#isChanged()) return true;
    const names = this.#changedLabels().join(", ");
    return ask({
      title: "Discard your changes?",
      text: html`<p>Not saved yet: ${names}.</p>`,
      yes: "Discard them",
      no: "Go on editing",
    });
  }

  /** Go elsewhere on this screen. @param {Record<string, string | null>} query */
  async #go(query) {
    if (!(await this.#mayLeave())) return;
    history.pushState(null, "", this.#address(query));
    await this.#follow();
    /** @type {HTMLElement | null} */ (this.querySelector("form h2"))?.focus();
  }

  /** @param {Record<string, string | null>} query */
  #address(query) {
    const isFirst = this.#part === this.#kinds[0] || this.#step !== null;
    const part = isFirst ? null : this.#part?.part;
    const all = { part, q: this.#search || null, ...query };
    const given = Object.entries(all).filter(([, value]) => value !== null && value !== undefined);
    const text = new URLSearchParams(/** @type {[string, string][]} */ (given)).toString();
    return `${location.pathname}${text ? `?${text}` : ""}`;
  }

  /** @param {string} text */
  #find(text) {
    this.#search = text;
    history.replaceState(null, "", this.#address({ id: this.#id, new: this.#id === null && this.#draft ? "1" : null }));
    this.requestUpdate();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      // What is being typed counts from when one leaves its field.
      /** @type {HTMLElement} */ (document.activeElement)?.blur();
      if (this.#isChanged()) this.#save();
    }
    const isTyping = /** @type {HTMLElement} */ (event.target).closest?.("input, textarea, select, dialog");
    if (event.key === "/" && !isTyping) {
      event.preventDefault();
      /** @type {HTMLElement | null} */ (this.querySelector("input[type=search]"))?.focus();
    }
  }

  async #save() {
    const kind = this.#kind;
    if (this.#isSaving) return;
    this.#isSaving = true;
    this.#refused = null;
    this.requestUpdate();
    try {
      const id = await this.#write(kind);
      if (kind.part !== "goals" && !kind.single) await this.world.readList(kind.part);
      this.#opened = this.#draft;
      if (this.#step !== null) {
        await this.#next(this.#step, id);
        return;
      }
      if (!kind.single) history.replaceState(null, "", this.#address({ id }));
      await this.#open(id, false);
      this.#said = "Saved";
    } catch (fault) {
      this.#refuse(fault);
    }
    this.#isSaving = false;
    this.requestUpdate();
    await this.updateComplete;
    if (this.#refused) /** @type {HTMLElement | null} */ (this.querySelector("[aria-invalid=true], .refused"))?.focus();
  }

  /** Take the next step to a first goal; after the last one it stands in the tree. @param {number} step @param {string} id */
  async #next(step, id) {
    this.#isSaving = false;
    if (step + 1 < STEPS.length) await this.#go({ first: "1", step: String(step + 1) });
    else location.assign(`/?goal=${encodeURIComponent(id)}`);
  }

  /** @param {Kind} kind @returns {Promise<string>} The id. */
  async #write(kind) {
    if (this.#saved === null) return (await write("POST", `/v1/${kind.part}`, kind.created(this.#draft))).id;
    const changes = changesOf(this.#opened, this.#draft);
    const body = kind.changed ? kind.changed(changes, this.#editing()) : changes;
    const path = kind.single ?? `/v1/${kind.part}/${encodeURIComponent(this.#id ?? "")}`;
    await write("PATCH", path, body, { ifMatch: this.#etag });
    return this.#id ?? "";
  }

  async #delete() {
    const kind = this.#kind;
    const name = kind.nameOf(this.#saved, this.world);
    const text = html`<p>${kind.deleting ?? `Where something still uses this ${kind.one}, it is refused, and you see what.`}</p>`;
    if (!(await ask({ title: `Delete ${name}?`, text, yes: `Delete this ${kind.one}` }))) return;
    try {
      await write("DELETE", `/v1/${kind.part}/${encodeURIComponent(this.#id ?? "")}`, undefined, { ifMatch: this.#etag });
      if (kind.part !== "goals") await this.world.readList(kind.part);
      history.replaceState(null, "", this.#address({}));
      await this.#open(null, false);
      this.#said = `${name} is deleted`;
    } catch (fault) {
      this.#refuse(fault);
    }
    this.requestUpdate();
  }

  /** @param {unknown} fault */
  #refuse(fault) {
    this.#refused = fault instanceof RefusedError ? fault : new RefusedError(0, { detail: String(fault) });
  }

  /** @returns {Editing} */
  #editing() {
    return {
      draft: this.#draft,
      saved: this.#saved,
      world: this.world,
      set: (name, value) => this.#set(name, value),
      fault: (name) => (this.#refused?.field && isAt(this.#refused.field, name) ? this.#refused.message : null),
      refresh: () => this.requestUpdate(),
    };
  }

  /** @param {string} name @param {any} value */
  #set(name, value) {
    this.#draft = put(this.#draft, name, value);
    this.#said = "";
    if (this.#refused?.field && isAt(this.#refused.field, name)) this.#refused = null;
    this.requestUpdate();
  }

  #changedLabels() {
    return this.#differences().map(({ label }) => label);
  }

  #differences() {
    const kind = this.#kind;
    const fields = kind.sections(this.#editing()).flatMap((section) => section.fields);
    return differences(this.#opened, this.#draft, fields);
  }

  /** @override */
  render() {
    const part = /** @type {Kind | Panel} */ (this.#part);
    if ("panel" in part) return html`${this.#parts()}<p class="explain">${part.explain}</p>${part.panel(this.world)}`;
    return this.#things(part);
  }

  /** @param {Kind} kind */
  #things(kind) {
    const lack = this.world.rights?.lackOf(kind.scope, kind.right) ?? null;
    const isOpen = this.#draft !== null;
    return html`
      ${this.#kinds.length > 1 ? this.#parts() : nothing}
      ${this.#step === null ? nothing : stepsBar(this.#step, (step) => this.#go({ first: "1", step: String(step) }))}
      <p class="explain">${kind.explain}</p>
      <div class="workplace" ?data-open=${isOpen} ?data-single=${Boolean(kind.single) || this.#step !== null}>
        ${kind.single || this.#step !== null ? nothing : this.#list(kind, lack)}
        <div class="work">${isOpen ? this.#form(kind, lack) : this.#nothingOpen(kind, lack)}</div>
      </div>`;
  }

  #parts() {
    const links = this.#kinds.map(({ part, title }, index) => html`<a href="?part=${part}"
      aria-current=${this.#part === this.#kinds[index] ? "page" : nothing}
      @click=${(/** @type {Event} */ event) => {
        event.preventDefault();
        this.#go({ part, q: null });
      }}>${title}</a>`);
    return html`<nav class="parts" aria-label="Parts">${links}</nav>`;
  }

  /** @param {Kind} kind @param {string | null} lack */
  #list(kind, lack) {
    const things = [...this.world.list(kind.part).values()];
    const lines = things.map((one) => ({
      id: one.id,
      name: String(kind.nameOf(one, this.world)),
      note: kind.noteOf(one, this.world),
    }));
    lines.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    return thingList({
      lines,
      lack,
      search: this.#search,
      chosen: this.#id,
      one: kind.one,
      title: kind.title,
      addressOf: (id) => this.#address({ id }),
      open: (id) => this.#go(id === null ? { new: "1" } : { id }),
      onSearch: (text) => this.#find(text),
    });
  }

  /** @param {Kind} kind @param {string | null} lack */
  #nothingOpen(kind, lack) {
    return html`<div class="nothing-open">
      ${this.#refused ? html`<p class="refused" role="alert">${this.#refused.message}</p>` : nothing}
      ${this.#said ? html`<p role="status">${this.#said}</p>` : nothing}
      <p>Choose a ${kind.one} on the left to see it and change it${lack ? "." : html`, or <a href=${this.#address({ new: "1" })}
        @click=${(/** @type {Event} */ event) => {
          event.preventDefault();
          this.#go({ new: "1" });
        }}>make a new one</a>.`}</p>
      ${lack ? html`<p class="lack">You can look, and not change anything: ${lack}.</p>` : nothing}
      ${kind.scope === "directory:write" ? this.#files(kind, lack) : nothing}
    </div>`;
  }

  /** @param {Kind} kind @param {string | null} lack */
  #files({ part, title }, lack) {
    const onDone = async () => {
      await this.world.readList(part);
      this.requestUpdate();
    };
    return html`<thing-files .kind=${{ part, title, lack, onDone }}></thing-files>`;
  }

  /** @param {Kind} kind @param {string | null} lack */
  #form(kind, lack) {
    return thingForm({
      kind,
      lack,
      editing: this.#editing(),
      refused: this.#refused,
      changed: this.#saved === null ? [] : this.#differences(),
      isChanged: this.#isChanged(),
      isSaving: this.#isSaving,
      said: this.#said,
      save: () => this.#save(),
      discard: () => this.#discard(),
      remove: () => this.#delete(),
      readAgain: () => this.#open(this.#id, false),
    });
  }

  async #discard() {
    if (this.#saved === null) {
      await this.#go({});
      return;
    }
    this.#draft = this.#opened;
    this.#refused = null;
    this.requestUpdate();
  }
}

/** @param {Kind | Panel} kind */
function needsGoals(kind) {
  return kind.part === "goals" || kind.needs.includes("goals");
}

customElements.define("manage-screen", ManageScreen);
