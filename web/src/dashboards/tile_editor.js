/**
 * The buttons and fields of a tile that is being edited.
 *
 * @typedef {import("./layout.js").Tile} Tile
 * @typedef {import("../live/messages.js").Goal} Goal
 */

import { html, nothing } from "lit";

import { BY_WORDS } from "../reports/report_table.js";
import { KINDS, SPANS } from "./tiles.js";

/**
 * @param {Tile} tile
 * @param {object} its
 * @param {(way: "left" | "right" | "up" | "down") => boolean} its.canMove
 * @param {(way: "left" | "right" | "up" | "down") => void} its.move
 * @param {(by: number) => void} its.resize
 * @param {(changes: Record<string, any>) => void} its.change
 * @param {() => void} its.remove
 * @param {(event: PointerEvent) => void} its.hold
 * @param {Goal[]} its.goals
 * @param {{id: string, name: string}[]} its.metrics
 */
export function tileEditor(tile, its) {
  const name = KINDS[tile.kind];
  const mover = (/** @type {"left" | "right" | "up" | "down"} */ way, /** @type {string} */ mark, /** @type {string} */ words) =>
    html`<button type="button" data-way=${way} ?disabled=${!its.canMove(way)} aria-label="${name}: ${words}" title=${words} @click=${() => its.move(way)}>${mark}</button>`;
  return html`<div class="tile-tools" role="group" aria-label="${name}, ${tile.width} columns wide">
      <span class="grip" title="drag to move" aria-hidden="true" @pointerdown=${its.hold}>⠿</span>
      <span class="kind">${name}</span>
      ${mover("left", "←", "move left")}${mover("right", "→", "move right")}${mover("up", "↑", "into the section above")}${mover("down", "↓", "into the section below")}
      <button type="button" ?disabled=${tile.width <= 1} aria-label="${name}: narrower" title="narrower" @click=${() => its.resize(-1)}>−</button>
      <button type="button" ?disabled=${tile.width >= 12} aria-label="${name}: wider" title="wider" @click=${() => its.resize(1)}>+</button>
      <button type="button" aria-label="${name}: remove" title="remove" @click=${its.remove}>✕</button>
    </div>
    <div class="tile-fields">${fields(tile, its)}</div>`;
}

/**
 * @param {Tile} tile
 * @param {{change: (changes: Record<string, any>) => void, goals: Goal[], metrics: {id: string, name: string}[]}} its
 */
function fields(tile, { change, goals, metrics }) {
  const select = (/** @type {string} */ label, /** @type {string} */ field, /** @type {[string, string][]} */ options) => html`<label>${label}
    <select @change=${(/** @type {Event} */ event) => change({ [field]: /** @type {HTMLSelectElement} */ (event.target).value || null })}>
      ${options.map(([value, words]) => html`<option value=${value} ?selected=${value === (tile[field] ?? "")}>${words}</option>`)}
    </select></label>`;
  const goalField = () => select("Goal", "goal_id", goals.map((goal) => [goal.goal_id, goal.title]));
  const metricField = () => select("Metric", "metric", [["", "all"], ...metrics.map((one) => /** @type {[string, string]} */ ([one.id, one.name]))]);
  switch (tile.kind) {
    case "goal":
    case "burn_up":
      return goalField();
    case "waterfall":
      return [goalField(), select("In", "since", Object.entries(SPANS))];
    case "attention":
      return metricField();
    case "attainment":
      return [
        select("By", "by", Object.entries(BY_WORDS).map(([by, words]) => [by, words.toLowerCase()])),
        select("As", "show", [["chart", "chart"], ["table", "table"]]),
        metricField(),
        select("Of", "period", [["current", "periods that hold today"], ["all", "all periods"]]),
        html`<label><input type="checkbox" .checked=${tile.compare} @change=${(/** @type {Event} */ event) => change({ compare: /** @type {HTMLInputElement} */ (event.target).checked })}> the period before</label>`,
      ];
    case "text":
      return html`<label class="whole">Text <textarea rows="4" maxlength="4000" .value=${tile.text} @input=${(/** @type {Event} */ event) => change({ text: /** @type {HTMLTextAreaElement} */ (event.target).value })}></textarea></label>`;
    default:
      return nothing;
  }
}
