/**
 * The forms that plan a tree: its clone in the next period, its target split over its
 * children. Both are tried while one types, and show what would be.
 *
 * @typedef {import("./goal_source.js").GoalSource} GoalSource
 * @typedef {import("./action_dialog.js").Form} Form
 */

import { html, nothing } from "lit";

import { write } from "../live/api.js";
import { exact, shownPeriod } from "../words/numbers.js";
import { sent, tagOf } from "./forms.js";

const SHOWN_MAX = 12;

/** @param {GoalSource} source @returns {Form} */
export function cloning(source) {
  const unit = source.frame.directory.unitOf(source.picture.metric_id);
  const titles = (/** @type {string} */ id) => source.frame.goals.get(id)?.target ?? null;
  const ask = (/** @type {FormData} */ data, isTrial = false) => write("POST", `${source.path}/clone${isTrial ? "?dry_run=true" : ""}`, cloneOf(data), { ifMatch: tagOf(source) });
  return {
    title: "Clone into the next period",
    explains: html`<p>This goal and all below it are made anew, open and without values, for the period that follows. Nothing here changes.</p>`,
    submit: "Make the clone",
    fields: (dialog) => html`
      ${dialog.field("uplift_percent", "Raise targets by, in percent", (id, described) => html`<input id=${id} name="uplift_percent" inputmode="decimal" value="0" aria-describedby=${described}>`, "Below zero: lower them.")}
      <div class="two">
        ${dialog.field("period.start", "First day", (id, described) => html`<input id=${id} name="start" type="date" aria-describedby=${described}>`, "Both empty: the period that follows.")}
        ${dialog.field("period.end", "Last day", (id, described) => html`<input id=${id} name="end" type="date" aria-describedby=${described}>`)}
      </div>
      ${dialog.field("id_suffix", "Behind the ids", (id, described) => html`<input id=${id} name="id_suffix" autocomplete="off" placeholder="-2027" aria-describedby=${described}>`, "Empty: new ids are made.")}`,
    preview: async (data) => {
      const { items } = await ask(data, true);
      const [first] = items;
      return html`<p>Will make <b>${items.length.toLocaleString()} ${items.length === 1 ? "goal" : "goals"}</b> for <b>${shownPeriod(first.period)}</b>:</p>
        ${comparison("Target", items.map((/** @type {any} */ one) => ({ title: one.title, from: one.cloned_from ? titles(one.cloned_from) : null, to: one.target })), unit)}`;
    },
    send: async (data) => {
      const { items } = await sent(source, () => ask(data));
      const [root] = items;
      return html`<p role="status"><b>✓ ${items.length.toLocaleString()} ${items.length === 1 ? "goal is" : "goals are"} made.</b> <a href=${`/goals/${encodeURIComponent(root.id)}`}>Go to ${root.title}, ${shownPeriod(root.period)}</a></p>`;
    },
  };
}

/** @param {FormData} data */
function cloneOf(data) {
  const [start, end, suffix] = ["start", "end", "id_suffix"].map((name) => String(data.get(name) ?? "").trim());
  return {
    uplift_percent: String(data.get("uplift_percent") || "0").trim(),
    ...(start || end ? { period: { kind: "custom", ...(start ? { start } : {}), ...(end ? { end } : {}) } } : {}),
    ...(suffix ? { id_suffix: suffix } : {}),
  };
}

/** @param {GoalSource} source @returns {Form} */
export function splitting(source) {
  const { picture, frame } = source;
  const unit = frame.directory.unitOf(picture.metric_id);
  const children = picture.children ?? [];
  const hasStretch = frame.directory.metric(picture.metric_id)?.stretch_tracked;
  let by = "equal";
  const ask = (/** @type {FormData} */ data, isTrial = false) => write("POST", `${source.path}/split-target${isTrial ? "?dry_run=true" : ""}`, splitOf(data, children), { ifMatch: tagOf(source) });
  return {
    title: "Split the target over the children",
    explains: html`<p>Each child gets its share, so that together they have exactly the whole. The goal’s own target stays ${exact(picture.target, unit)}.</p>`,
    submit: "Set these targets",
    fields: (dialog) => html`
      ${dialog.field("by", "How", (id, described) => html`<select id=${id} name="by" aria-describedby=${described} @input=${(/** @type {Event} */ event) => { by = /** @type {HTMLSelectElement} */ (event.target).value; }}>
        <option value="equal">equally</option><option value="weights">by weights</option><option value="last_period">by what each reached in the period before</option></select>`)}
      ${by === "weights"
        ? html`<fieldset class="weights" data-field="weights"><legend>Weights</legend>${children.map((/** @type {any} */ child) => html`<label>${child.title}<input name=${`weight ${child.id}`} inputmode="decimal" value="1"></label>`)}</fieldset>`
        : nothing}
      ${hasStretch ? dialog.field("field", "Which", (id) => html`<select id=${id} name="field"><option value="target">target</option><option value="stretch_target">stretch target</option></select>`) : nothing}
      ${dialog.field("total", `Total${unit && `, ${unit}`}`, (id, described) => html`<input id=${id} name="total" inputmode="decimal" autocomplete="off" aria-describedby=${described}>`, `Empty: ${picture.target === null ? "the goal’s target, and it has none" : exact(picture.target, unit)}.`)}`,
    preview: async (data) => {
      const { items } = await ask(data, true);
      const field = String(data.get("field") ?? "target");
      const before = new Map(children.map((/** @type {any} */ child) => [child.id, child[field]]));
      return comparison("Target", items.map((/** @type {any} */ one) => ({ title: one.title, from: before.get(one.id) ?? null, to: one[field] })), unit);
    },
    send: async (data) => {
      await sent(source, () => ask(data));
    },
  };
}

/**
 * @param {FormData} data
 * @param {any[]} children
 */
function splitOf(data, children) {
  const by = data.get("by") ?? "equal";
  const total = String(data.get("total") ?? "").trim();
  return {
    by,
    field: data.get("field") ?? "target",
    ...(total ? { total } : {}),
    ...(by === "weights" ? { weights: Object.fromEntries(children.map(({ id }) => [id, String(data.get(`weight ${id}`) ?? "1").trim() || "0"])) } : {}),
  };
}

/**
 * @param {string} what
 * @param {{title: string, from: string | null, to: string | null}[]} rows
 * @param {string} unit
 */
function comparison(what, rows, unit) {
  const more = rows.length - SHOWN_MAX;
  const amount = (/** @type {string | null} */ text) => (text === null ? "none" : exact(text));
  return html`<div class="scrolled" tabindex="0" role="region" aria-label="What it would change"><table class="plain">
    <thead><tr><th scope="col">Goal</th><th scope="col" class="number">${what} now${unit && `, ${unit}`}</th><th scope="col" class="number">Becomes</th></tr></thead>
    <tbody>${rows.slice(0, SHOWN_MAX).map((row) => html`<tr><th scope="row">${row.title}</th><td class="number">${amount(row.from)}</td><td class="number"><b>${amount(row.to)}</b></td></tr>`)}</tbody>
  </table></div>${more > 0 ? html`<p class="quiet">and ${more.toLocaleString()} more</p>` : nothing}`;
}
