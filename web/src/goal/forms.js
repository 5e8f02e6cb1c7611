/**
 * The forms of what can be done with a goal, short of planning its tree.
 *
 * @typedef {import("./goal_source.js").GoalSource} GoalSource
 * @typedef {import("./action_dialog.js").Form} Form
 * @typedef {import("./action_dialog.js").ActionDialog} ActionDialog
 */

import { html, nothing } from "lit";

import { read, write } from "../live/api.js";
import { exact } from "../words/numbers.js";
import { MEASURES } from "./rule.js";

const FOUND_MAX = 8;
const LOOK_MS = 700;

/**
 * Change the goal as it was when it was read last.
 *
 * @param {GoalSource} source
 * @param {object} body
 */
async function change(source, body) {
  await sent(source, () => write("PATCH", source.path, body, { ifMatch: tagOf(source) }));
}

/** @param {GoalSource} source */
export function tagOf(source) {
  return `"${source.picture.version}"`;
}

/**
 * Read the goal anew after a write, and after a refusal, which may be for what has changed.
 *
 * @template T
 * @param {GoalSource} source
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function sent(source, act) {
  try {
    return await act();
  } finally {
    await source.readPicture();
  }
}

/** @param {GoalSource} source @returns {Form} */
export function closing(source) {
  return {
    title: "Close this goal",
    explains: html`<p>It stands still at what it shows, and goes on counting in its parent. Records that come later change nothing here. It can be opened again.</p>`,
    submit: "Close the goal",
    send: () => change(source, { state: "closed" }),
  };
}

/** @param {GoalSource} source @returns {Form} */
export function reopening(source) {
  return {
    title: "Open this goal again",
    explains: html`<p>It follows its records again: what came while it stood still is counted now, and its parents move by the difference.</p>`,
    submit: "Open it again",
    send: () => change(source, { state: "open" }),
  };
}

/** @param {GoalSource} source @returns {Form} */
export function overriding(source) {
  const { picture, frame } = source;
  const metric = frame.directory.metric(picture.metric_id);
  const unit = frame.directory.unitOf(picture.metric_id);
  const slots = Object.keys(MEASURES).filter((slot) => metric?.rollup_fields[slot]);
  return {
    title: "Write over its values",
    explains: html`<p>The goal and all above it show what you write here instead of what is computed. Unless it is locked, the next change of a record of it, or below it, replaces what you wrote.</p>`,
    submit: "Override",
    fields: (dialog) => html`${slots.map((slot) =>
        dialog.field(
          `values.${slot}`,
          `${MEASURES[slot]}${unit && `, ${unit}`}`,
          (id, described) => html`<input id=${id} name=${slot} inputmode="decimal" autocomplete="off" aria-describedby=${described}>`,
          `Computed: ${exact(picture.computed[slot], unit)}. Empty: not written over.`,
        ),
      )}
      ${dialog.field("override_reason", "Reason", (id, described) => html`<input id=${id} name="reason" maxlength="500" aria-describedby=${described}>`, "It stands in the overrides and in the audit trail, with your name.")}
      <label class="check"><input type="checkbox" name="locked"> Lock it: it stays so, whatever is computed, until the override is ended</label>`,
    preview: async (data) => {
      const written = slots.filter((slot) => data.get(slot));
      if (!written.length) return nothing;
      return html`<p>Will show ${written.map((slot, index) => html`${index ? ", " : ""}${MEASURES[slot].toLowerCase()} <b>${data.get(slot)}</b> in place of ${exact(picture.values[slot], unit)}`)}.</p>`;
    },
    send: (data) => {
      const values = Object.fromEntries(slots.flatMap((slot) => (data.get(slot) ? [[slot, String(data.get(slot)).trim()]] : [])));
      const reason = String(data.get("reason") ?? "").trim();
      return change(source, { is_override: true, is_overridden: data.has("locked"), values, ...(reason ? { override_reason: reason } : {}) });
    },
  };
}

/** @param {GoalSource} source @returns {Form} */
export function endingOverride(source) {
  const { picture, frame } = source;
  const unit = frame.directory.unitOf(picture.metric_id);
  const now = Object.keys(MEASURES).filter((slot) => picture.values[slot] !== picture.computed[slot]);
  return {
    title: "End the override",
    explains: html`<p>What was written, and the lock, are taken back: the goal and all above it show what is computed again.</p>
      ${now.map((slot) => html`<p>${MEASURES[slot]}: ${exact(picture.values[slot], unit)} becomes <b>${exact(picture.computed[slot], unit)}</b>.</p>`)}`,
    submit: "End the override",
    send: () => change(source, { is_override: false, is_overridden: false }),
  };
}

/** @param {GoalSource} source @returns {Form} */
export function moving(source) {
  const { picture, frame } = source;
  const unit = frame.directory.unitOf(picture.metric_id);
  let wanted = "";
  const candidates = () => [...frame.goals.all()].filter((goal) => fits(source, goal) && goal.title.toLocaleLowerCase().includes(wanted)).slice(0, FOUND_MAX);
  const from = frame.goals.get(picture.parent_id);
  return {
    title: "Move it with all below it",
    explains: html`<p>It stands under ${from ? html`<b>${from.title}</b>` : "no other goal"} now. A new parent must have the same metric and the same period.</p>`,
    submit: "Move",
    fields: (dialog) => html`
      ${dialog.field("search", "Look for the new parent", (id, described) => html`<input id=${id} type="search" aria-describedby=${described} @input=${(/** @type {Event} */ event) => { wanted = /** @type {HTMLInputElement} */ (event.target).value.toLocaleLowerCase(); }}>`, "By its title, among the goals that you may see.")}
      ${dialog.field("parent_id", "New parent", (id, described) => html`<div id=${id} role="radiogroup" aria-label="New parent" aria-describedby=${described} class="choices">
        ${candidates().map((goal) => html`<label class="check"><input type="radio" name="parent" value=${goal.goal_id}> ${goal.title} <span class="quiet">${frame.directory.nameOf(goal.owner)}</span></label>`)}
        ${picture.parent_id === null ? nothing : html`<label class="check"><input type="radio" name="parent" value=""> None: it becomes a root</label>`}
      </div>`)}`,
    preview: async (data) => {
      const id = data.get("parent");
      const amount = picture.values.actual;
      if (id === null || amount === null) return nothing;
      const to = frame.goals.get(String(id));
      return html`<p>${from ? html`<b>${from.title}</b> and all above it lose ${exact(amount, unit)} of actual. ` : nothing}${to ? html`<b>${to.title}</b> and all above it gain it.` : "No goal gains it."}</p>`;
    },
    send: (data) => {
      if (!data.has("parent")) throw Object.assign(new Error("Choose one, then move the goal there."), { field: "parent_id" });
      return change(source, { parent_id: data.get("parent") || null });
    },
  };
}

/**
 * Tell whether a goal may become the parent.
 *
 * @param {GoalSource} source
 * @param {import("../live/messages.js").Goal} goal
 */
function fits({ picture, frame, id }, goal) {
  if (goal.metric_id !== picture.metric_id || goal.goal_id === picture.parent_id || goal.state !== "open") return false;
  if (goal.period.start !== picture.period.start || goal.period.end !== picture.period.end) return false;
  /** @type {string | null} */
  let above = goal.goal_id;
  while (above) {
    if (above === id) return false;
    above = frame.goals.parentOf(above);
  }
  return true;
}

/** @param {GoalSource} source @returns {Form} */
export function recalculating(source) {
  return {
    title: "Recalculate its whole tree",
    explains: html`<p>All records of the metric are read again and compared with what the goals hold; what differs is put right, and shown. Records keep flowing meanwhile. What was written over values without a lock is replaced by what is computed.</p>`,
    submit: "Recalculate",
    send: async (_data, dialog) => {
      let found = await write("POST", `${source.path}/recalculate`);
      const { turn } = dialog;
      while (found.status !== "done" && dialog.turn === turn) {
        dialog.show(progress(found));
        await new Promise((resume) => setTimeout(resume, LOOK_MS));
        found = await read(`/v1/recalculations/${encodeURIComponent(found.id)}`);
      }
      await source.again();
      return outcome(found, source);
    },
  };
}

/** @type {Record<string, string>} */
const PHASES = { queued: "Waiting for its turn", reading: "Reading the records", comparing: "Comparing with what the goals hold" };

/** @param {any} found */
function progress(found) {
  const done = found.status === "comparing" ? found.records_compared : found.records_read;
  const all = Math.max(done, found.records_expected ?? 0);
  return html`<div role="status" class="progress">
    <p>${PHASES[found.status] ?? found.status} …</p>
    <progress aria-label="Records" max=${all || 1} value=${done}></progress>
    <p class="quiet">${done.toLocaleString()} of ${found.records_expected === null ? "?" : `about ${all.toLocaleString()}`} records${found.goals === null ? "" : `, ${found.goals} goals`}. It goes on if you close this.</p>
  </div>`;
}

/**
 * @param {any} found
 * @param {GoalSource} source
 */
function outcome(found, source) {
  if (found.status !== "done") return html`<p>It goes on; the goals say “computing” until it is done.</p>`;
  const { difference_count: count, differences } = found;
  return html`<div role="status">
    <p><b>${count === 0 ? "✓ Nothing differed" : `${count.toLocaleString()} ${count === 1 ? "number" : "numbers"} differed, and ${count === 1 ? "is" : "are"} right now`}</b>: ${found.records_read.toLocaleString()} records read for ${found.goals ?? 0} goals.</p>
    ${found.note ? html`<p class="quiet">${found.note}</p>` : nothing}
    ${differences.length
      ? html`<div class="scrolled" tabindex="0" role="region" aria-label="Differences"><table class="plain"><thead><tr><th scope="col">Goal</th><th scope="col">Number</th><th scope="col" class="number">Was</th><th scope="col" class="number">Should be</th></tr></thead><tbody>
          ${differences.map((/** @type {any} */ one) => html`<tr><th scope="row">${source.frame.goals.get(one.goal_id)?.title ?? one.goal_id}</th><td>${one.field}</td><td class="number">${exact(one.was)}</td><td class="number">${exact(one.should_be)}</td></tr>`)}
        </tbody></table></div>`
      : nothing}
  </div>`;
}
