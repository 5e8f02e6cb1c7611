/** How rollup queries are listed and edited. */

import { html, nothing } from "lit";

import { exactJson } from "../live/exact_json.js";
import { choiceBox } from "./choices.js";
import { givenOf } from "./drafts.js";
import { asksForManager } from "./operators.js";
import { fetchXml } from "./query_fetchxml.js";
import "./query_builder.js";
import "./query_impact.js";
import "./query_trial.js";

/** @typedef {import("./kind.js").Kind} Kind */
/** @typedef {import("./kind.js").Editing} Editing */

/** What this screen remembers of how a query is looked at, not of the query itself. */
const looks = { tab: "builder", attribute: /** @type {string | null} */ (null), manager: /** @type {string | null} */ (null) };
/** What is wrong with the text of the tab JSON. */
let unreadable = "";
/** @type {any} */
let tried = null;

/** @type {Kind} */
export const QUERIES = {
  part: "rollup-queries",
  one: "query",
  title: "Queries",
  explain: "A query narrows what a measure of a goal counts: conditions on records of one entity, and on records that those link to.",
  scope: "metrics:write",
  needs: ["entities", "users", "teams", "metrics"],
  fresh: (world) => ({ name: "", id: "", entity: world.list("entities").keys().next().value ?? "opportunity", state: "active", where: null, fetchxml: null }),
  editable: ({ name, entity, where, state }) => ({ name, entity, state, where, fetchxml: null }),
  nameOf: ({ name }) => name,
  noteOf: ({ entity, state }) => (state === "active" ? entity : `${entity} · ${state}`),
  sections,
  created: ({ fetchxml, entity, where, ...rest }) =>
    givenOf(fetchxml === null ? { ...rest, entity, where } : { ...rest, fetchxml }),
  changed: ({ fetchxml, where, ...rest }) => {
    if (fetchxml) return { ...rest, fetchxml };
    return where === undefined ? rest : { ...rest, where };
  },
  aside,
};

/** @param {Editing} editing @returns {import("./kind.js").Section[]} */
function sections({ draft, saved, world, set, fault, refresh }) {
  const entities = [...world.list("entities").keys()].map((id) => ({ id, label: id }));
  /** @type {import("./fields.js").Field[]} */
  const fields = [
    { name: "name", label: "Name", type: "text", needed: true },
    {
      name: "entity",
      label: "Records of",
      type: "one",
      choices: entities,
      needed: true,
      fixed: saved ? "Never changes: goals count records of one entity. Make another query for another entity." : null,
      help: "The entity whose records it chooses, such as opportunity.",
    },
    {
      name: "state",
      label: "State",
      type: "choice",
      options: [["active", "active"], ["inactive", "inactive"]],
      help: "An inactive query cannot be given to goals; those that have it go on.",
    },
  ];
  if (!saved) {
    fields.splice(1, 0, { name: "id", label: "Id", type: "text", help: "How the API calls it, such as close-stage. Left out, one is made." });
  }
  return [
    { title: "Query", fields },
    {
      title: "Conditions",
      fields: [{ name: "where", label: "Records that", type: "own", draw: () => conditions({ draft, saved, world, set, fault, refresh }) }],
    },
  ];
}

/** @param {Editing} editing */
function conditions({ draft, saved, world, set, fault, refresh }) {
  const tabs = [["builder", "Builder"], ["json", "JSON"], ["fetchxml", "FetchXML"]].map(([tab, title]) => html`<button
    type="button" role="tab" id="tab-${tab}" aria-selected=${looks.tab === tab} aria-controls="tab-content" tabindex=${looks.tab === tab ? 0 : -1}
    @click=${() => show(tab)}>${title}</button>`);
  const show = (/** @type {string} */ tab) => {
    looks.tab = tab;
    refresh();
  };
  const walk = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = ["builder", "json", "fetchxml"];
    show(all[(all.indexOf(looks.tab) + step + all.length) % all.length]);
    queueMicrotask(() => document.getElementById(`tab-${looks.tab}`)?.focus());
  };
  return html`<div class="tabs" role="tablist" aria-label="How conditions are shown" @keydown=${walk}>${tabs}</div>
    <div role="tabpanel" id="tab-content" aria-labelledby="tab-${looks.tab}">${content({ draft, saved, world, set, fault, refresh })}</div>`;
}

/** @param {Editing} editing */
function content({ draft, saved, world, set, fault, refresh }) {
  if (looks.tab === "fetchxml") return fetchXml({ draft, saved, set, refresh });
  if (draft.fetchxml !== null) {
    return html`<p>FetchXML is being edited; saved, it is shown here as conditions.
      <button type="button" @click=${() => set("fetchxml", null)}>Drop the FetchXML</button></p>`;
  }
  if (looks.tab === "json") return json({ draft, set, refresh });
  const refused = fault("where") ? { field: tried?.field ?? "where", message: fault("where") ?? "" } : null;
  const lack = world.rights?.lackOf("metrics:write") ?? null;
  return html`<query-builder .around=${{
      entity: draft.entity ?? "",
      entities: world.list("entities"),
      owners: world.principals(),
      fault: tried?.field ? tried : refused,
      isFixed: lack !== null,
    }} .where=${draft.where} @change=${(/** @type {CustomEvent} */ event) => event.detail !== undefined && set("where", event.detail)}></query-builder>`;
}

/** @param {{draft: any, set: Editing["set"], refresh: () => void}} editing */
function json({ draft, set, refresh }) {
  const changed = (/** @type {any} */ event) => {
    try {
      set("where", exactJson(event.target.value.trim() || "null"));
      unreadable = "";
    } catch (fault) {
      unreadable = `This is not JSON yet: ${/** @type {Error} */ (fault).message}`;
    }
    refresh();
  };
  return html`<textarea class="code" aria-label="Conditions as JSON" spellcheck="false" rows="14"
      .value=${JSON.stringify(draft.where, null, 2)} aria-invalid=${unreadable ? "true" : nothing} @change=${changed}></textarea>
    ${unreadable ? html`<p class="fault" role="alert">${unreadable}</p>` : nothing}
    <p class="help">As the API has it: all, any and not of conditions, a condition on an attribute, or link; null means every record.</p>`;
}

/** @param {Editing} editing */
function aside({ draft, saved, world, refresh }) {
  const attributes = Object.entries(world.list("entities").get(draft.entity)?.attributes ?? {})
    .filter(([, type]) => type === "number")
    .map(([id]) => ({ id, label: id }));
  const needsManager = asksForManager(draft.where);
  const isReady = draft.fetchxml !== null || (draft.entity && (!needsManager || looks.manager));
  const order = isReady
    ? {
        ...(draft.fetchxml === null ? { entity: draft.entity, where: draft.where } : { fetchxml: draft.fetchxml }),
        ...(looks.attribute ? { source_attribute: looks.attribute } : {}),
        ...(looks.manager ? { manager_id: looks.manager } : {}),
      }
    : null;
  const isOther = saved && (draft.fetchxml !== null || JSON.stringify(saved.where) !== JSON.stringify(draft.where));
  const body = draft.fetchxml === null ? { where: draft.where } : { fetchxml: draft.fetchxml };
  const lack = world.rights?.lackOf("records:read") ?? null;
  return html`<section><h3>What it finds now</h3>
      <div class="field"><label for="try-attribute">Add up</label><div class="entry">${choiceBox({ id: "try-attribute", choices: attributes, value: looks.attribute, placeholder: "an attribute, such as estimatedvalue", onChoose: (one) => {
        looks.attribute = one;
        refresh();
      } })}</div></div>
      <div class="field"><label for="try-manager">As read by</label><div class="entry">${choiceBox({ id: "try-manager", choices: world.choices("users"), value: looks.manager, placeholder: needsManager ? "who manages the goal" : "yourself", onChoose: (one) => {
        looks.manager = one;
        refresh();
      } })}${needsManager && !looks.manager ? html`<p class="help">The conditions ask for the goal’s manager: say who that is, to try them.</p>` : nothing}</div></div>
      ${lack ? html`<p class="lack">It cannot be tried: ${lack}.</p>` : html`<query-trial .order=${order} @tried=${(/** @type {CustomEvent} */ event) => {
        tried = event.detail;
        refresh();
      }}></query-trial>`}
    </section>
    ${lack ? nothing : html`<query-impact .order=${isOther ? { id: saved.id, body } : null}></query-impact>`}`;
}

