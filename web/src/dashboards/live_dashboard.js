/**
 * A dashboard: sections of tiles, to look at, to arrange, and to hang on a wall.
 *
 * `?edit=1` arranges; `?wall=1` shows one section after the other, large and alone.
 *
 * @typedef {import("../parts/frame.js").Frame} Frame
 * @typedef {import("./layout.js").Section} Section
 * @typedef {import("./layout.js").Tile} Tile
 * @typedef {import("./layout.js").Spot} Spot
 */

import { html, nothing } from "lit";

import { readSession, readTagged, write } from "../live/api.js";
import { readAll } from "../live/directory.js";
import { rootsOf } from "../overview/roots.js";
import { LightElement } from "../parts/light.js";
import { styled } from "../parts/styled.js";
import { added, changed, moved, placeOf, removed, resized } from "./layout.js";
import { shareFields } from "./shares.js";
import { TileData } from "./tile_data.js";
import { TileDrag } from "./tile_drag.js";
import { tileEditor } from "./tile_editor.js";
import { KINDS, newTile, tileContent } from "./tiles.js";
import { Wall } from "./wall.js";

export class LiveDashboard extends LightElement {
  /** @type {Frame | null} */
  #frame = null;
  #data = new TileData(() => this.requestUpdate());
  #path = `/v1/dashboards/${location.pathname.split("/").pop()}`;
  /** @type {any} The dashboard as it is stored. */
  #stored = null;
  /** @type {string | null} */
  #etag = null;
  /** @type {any} The dashboard as it is being arranged. */
  #draft = null;
  #mayWrite = false;
  /** @type {Error | null} */
  #fault = null;
  /** @type {(Error & {field?: string | null}) | null} */
  #refusal = null;
  /** @type {{id: string, name: string}[]} */
  #metrics = [];
  #drag = new TileDrag(this, () => this.requestUpdate(), (from, to) => this.#dropped(from, to));
  #wall = new Wall(() => this.requestUpdate(), () => this.#stored?.sections.length ?? 0, () => this.#go(null));

  /** @param {Frame} frame */
  listenTo(frame) {
    this.#frame = frame;
    frame.onPaint(({ ids }) => {
      if (ids.size) this.#data.soon();
      this.requestUpdate();
    });
    addEventListener("beforeunload", (event) => this.#draft && this.#isChanged && event.preventDefault());
    this.#read();
  }

  /** @override */
  get isReady() {
    return this.#fault !== null || (this.#stored !== null && this.#frame !== null && this.#frame.isKnown);
  }

  get #isChanged() {
    return JSON.stringify(this.#draft) !== JSON.stringify(draftOf(this.#stored));
  }

  async #read() {
    try {
      const [{ body, etag }, session, metrics] = await Promise.all([readTagged(this.#path), readSession(), readAll("/v1/metrics")]);
      if (body.owner !== null) await this.#frame?.directory.read().catch(() => {});
      this.#stored = body;
      this.#etag = etag;
      this.#mayWrite = session.user_id === null || session.user_id === body.owner?.id;
      this.#metrics = [...metrics.values()];
      const query = new URLSearchParams(location.search);
      if (query.get("edit") === "1" && this.#mayWrite) this.#draft = draftOf(body);
      if (query.get("wall") === "1") this.#wall.start();
    } catch (fault) {
      this.#fault = /** @type {Error} */ (fault);
    }
    this.requestUpdate();
  }

  /** @override */
  render() {
    if (this.#fault) return fault(this.#fault);
    document.title = `${this.#stored.name} · Cairn`;
    if (this.#wall.isOn) return this.#wallboard();
    const shown = this.#draft ?? this.#stored;
    return html`${this.#draft ? this.#editHead() : this.#head()}
      ${shown.sections.map((/** @type {Section} */ section, /** @type {number} */ index) => this.#section(section, index))}
      ${this.#draft ? html`<button type="button" @click=${() => this.#edit({ sections: [...this.#draft.sections, { title: "", tiles: [] }] })}>Add a section</button>` : nothing}
      ${shown.sections.every((/** @type {Section} */ one) => one.tiles.length === 0) && !this.#draft
        ? html`<p class="empty">It has no tiles yet.${this.#mayWrite ? " Edit it to add some." : ""}</p>`
        : nothing}`;
  }

  #head() {
    const { name, owner } = this.#stored;
    const whose = owner === null ? "everybody's" : `of ${this.#frame?.directory.nameOf(owner)}`;
    return html`<h1 class="screen-title">${name}</h1>
      <div class="tools" role="group" aria-label="The dashboard">
        <span class="about">${whose}</span>
        <span class="as-of">
          ${this.#mayWrite ? html`<button type="button" @click=${() => this.#begin()}>Edit</button>` : nothing}
          <button type="button" @click=${() => this.#toWall()}>Wallboard</button>
          <button type="button" @click=${() => print()}>Print</button>
          <a href="/dashboards">All dashboards</a>
        </span>
      </div>`;
  }

  #editHead() {
    const draft = this.#draft;
    return html`<h1 class="screen-title">Edit ${this.#stored.name}</h1>
      <div class="tools" role="group" aria-label="The dashboard">
        <label>Name <input type="text" maxlength="500" .value=${draft.name} @input=${(/** @type {Event} */ event) => this.#edit({ name: valueOf(event) })}></label>
        ${this.#stored.owner === null ? html`<span class="about">everybody sees it</span>` : shareFields(draft.shared_with, (/** @type {any[]} */ shares) => this.#edit({ shared_with: shares }), () => this.requestUpdate())}
        <span class="as-of">
          <button type="button" ?disabled=${!this.#isChanged} @click=${() => this.#save()}>Save</button>
          <button type="button" @click=${() => this.#end()}>Cancel</button>
          <button type="button" class="dangerous" @click=${() => this.#delete()}>Delete</button>
        </span>
      </div>
      ${this.#refusal ? html`<p class="fault" role="alert">${this.#refusal.message}</p>` : nothing}`;
  }

  /**
   * @param {Section} section
   * @param {number} index
   */
  #section(section, index) {
    const isDraft = this.#draft !== null;
    return html`<section class="tile-section" aria-label=${section.title || `Section ${index + 1}`}>
      ${isDraft ? this.#sectionTools(section, index) : section.title ? html`<h2>${section.title}</h2>` : nothing}
      <div class="tiles" data-drop=${this.#drag.sideOf(index, null) ?? nothing}>${section.tiles.map((tile, place) => this.#tile(tile, { section: index, tile: place }))}</div>
      ${isDraft ? this.#adder(index) : nothing}
    </section>`;
  }

  /**
   * @param {Section} section
   * @param {number} index
   */
  #sectionTools(section, index) {
    const { sections } = this.#draft;
    const retitle = (/** @type {Event} */ event) =>
      this.#edit({ sections: sections.map((/** @type {Section} */ one, /** @type {number} */ at) => (at === index ? { ...one, title: valueOf(event) } : one)) });
    return html`<div class="tools">
      <label>Section ${index + 1} <input type="text" maxlength="200" placeholder="Its title" .value=${section.title} @input=${retitle}></label>
      <button type="button" ?disabled=${sections.length < 2} @click=${() => this.#edit({ sections: sections.toSpliced(index, 1) })}>Remove the section</button>
    </div>`;
  }

  /** @param {number} index */
  #adder(index) {
    const first = rootsOf(/** @type {Frame} */ (this.#frame).goals)[0]?.goal_id ?? "";
    return html`<div class="tools adder" role="group" aria-label="Add a tile to section ${index + 1}">
      ${Object.entries(KINDS).map(([kind, words]) => html`<button type="button" @click=${() => this.#edit({ sections: added(this.#draft.sections, index, newTile(kind, first)) })}>+ ${words}</button>`)}
    </div>`;
  }

  /**
   * @param {Tile} tile
   * @param {Spot} spot
   */
  #tile(tile, spot) {
    const frame = /** @type {Frame} */ (this.#frame);
    const side = this.#drag.sideOf(spot.section, spot.tile);
    return html`<article class="card tile ${tile.kind}" ?data-held=${this.#drag.holds(spot)} data-drop=${side ?? nothing} ${styled({ "--width": String(tile.width) })}>
      ${this.#draft ? this.#tileEditor(tile, spot) : nothing}
      ${tileContent(tile, frame, this.#data)}
    </article>`;
  }

  /**
   * @param {Tile} tile
   * @param {Spot} spot
   */
  #tileEditor(tile, spot) {
    const { sections } = this.#draft;
    const set = (/** @type {Section[]} */ changes) => this.#edit({ sections: changes });
    return tileEditor(tile, {
      canMove: (way) => placeOf(sections, spot, way) !== null,
      move: (way) => this.#move(spot, way),
      resize: (by) => set(resized(sections, spot, by)),
      change: (changes) => set(changed(sections, spot, changes)),
      remove: () => set(removed(sections, spot)),
      hold: (event) => this.#drag.start(event, spot),
      goals: [...(this.#frame?.goals.all() ?? [])].sort((one, other) => one.title.localeCompare(other.title)),
      metrics: this.#metrics,
    });
  }

  /**
   * @param {Spot} spot
   * @param {"left" | "right" | "up" | "down"} way
   */
  async #move(spot, way) {
    const to = placeOf(this.#draft.sections, spot, way);
    if (!to) return;
    this.#edit({ sections: moved(this.#draft.sections, spot, to) });
    await this.updateComplete;
    // The focus goes along, so that one can press again.
    const tile = this.querySelectorAll(".tile-section")[to.section].querySelectorAll(".tile")[to.tile];
    const button = /** @type {HTMLButtonElement | null} */ (tile.querySelector(`[data-way="${way}"]:not(:disabled)`) ?? tile.querySelector("button:not(:disabled)"));
    button?.focus();
  }

  /**
   * @param {Spot} from
   * @param {Spot} to
   */
  #dropped(from, to) {
    const { kind } = this.#draft.sections[from.section].tiles[from.tile];
    this.#edit({ sections: moved(this.#draft.sections, from, to) });
    const { length } = this.#draft.sections[to.section].tiles;
    const place = document.getElementById("announcements");
    if (place) place.textContent = `${KINDS[kind]}: now ${to.tile + 1} of ${length} in section ${to.section + 1}`;
  }

  /** @param {Record<string, any>} changes */
  #edit(changes) {
    this.#draft = { ...this.#draft, ...changes };
    this.requestUpdate();
  }

  #begin() {
    this.#draft = draftOf(this.#stored);
    this.#go("edit");
  }

  #end() {
    this.#drag.cancel();
    this.#draft = null;
    this.#refusal = null;
    this.#go(null);
  }

  async #save() {
    try {
      await write("PATCH", this.#path, this.#draft, { ifMatch: this.#etag });
      const { body, etag } = await readTagged(this.#path);
      this.#stored = body;
      this.#etag = etag;
      this.#end();
    } catch (refusal) {
      this.#refusal = /** @type {Error} */ (refusal);
      this.requestUpdate();
    }
  }

  async #delete() {
    if (!confirm(`Delete the dashboard ${this.#stored.name}? No goal changes.`)) return;
    try {
      await write("DELETE", this.#path, undefined, { ifMatch: this.#etag });
      this.#draft = null;
      location.assign("/dashboards");
    } catch (refusal) {
      this.#refusal = /** @type {Error} */ (refusal);
      this.requestUpdate();
    }
  }

  #toWall() {
    document.documentElement.requestFullscreen?.().catch(() => {});
    this.#go("wall");
    this.#wall.start();
  }

  #wallboard() {
    const { sections } = this.#stored;
    const wall = this.#wall;
    const section = sections[wall.section];
    const turning = html`<button type="button" aria-label="The section before" title="The section before (left arrow)" @click=${() => wall.turnBy(-1)}>◂</button>
      <button type="button" class="hold" aria-pressed=${String(!wall.isTurning)} title="${wall.isTurning ? "Hold it" : "Turn again"} (Space)" @click=${() => wall.holdOrTurn()}>Hold</button>
      <button type="button" aria-label="The next section" title="The next section (right arrow)" @click=${() => wall.turnBy(1)}>▸</button>`;
    return html`<div class="wall-head"><h1>${this.#stored.name}${section?.title ? ` · ${section.title}` : ""}</h1>
        <p class="about">${sections.length > 1 ? html`${wall.section + 1} of ${sections.length} · ${wall.isTurning ? "Space holds it" : "held, arrow keys turn"} · ` : nothing}Escape ends</p>
        <p class="controls">${sections.length > 1 ? turning : nothing}<button type="button" aria-label="End the wallboard" title="End the wallboard (Escape)" @click=${() => wall.end()}>✕</button></p></div>
      ${section ? html`<div class="tiles">${section.tiles.map((/** @type {Tile} */ tile, /** @type {number} */ place) => this.#tile(tile, { section: this.#wall.section, tile: place }))}</div>` : nothing}`;
  }

  /** @param {"edit" | "wall" | null} mode */
  #go(mode) {
    history.replaceState(null, "", location.pathname + (mode ? `?${mode}=1` : ""));
    this.requestUpdate();
  }
}

/** @param {any} stored */
function draftOf(stored) {
  return { name: stored.name, shared_with: stored.shared_with, sections: stored.sections };
}

/** @param {Event} event */
function valueOf(event) {
  return /** @type {HTMLInputElement} */ (event.target).value;
}

/** @param {Error & {status?: number}} found */
function fault(found) {
  if (found.status === 404) {
    return html`<section class="notice"><h1>There is no such dashboard</h1>
      <p>It may have been deleted, or it is not shared with you. <a href="/dashboards">See those that are</a>.</p></section>`;
  }
  return html`<p class="fault" role="alert">The dashboard could not be read: ${found.message}</p>`;
}

customElements.define("live-dashboard", LiveDashboard);
