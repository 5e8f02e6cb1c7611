/** How entities are listed and edited: what the attributes of their records hold. */

import { html, nothing } from "lit";

import { misfitOf, readsOf } from "./entity_readers.js";
import { typesBox } from "./types_box.js";

/** @typedef {import("./kind.js").Kind} Kind */
/** @typedef {import("./kind.js").Editing} Editing */

/** @type {Kind} */
export const ENTITIES = {
  part: "entities",
  one: "entity",
  title: "Entities",
  explain: "What records of an entity hold. Declaring it is optional: it shows mistakes early, and forms offer what is declared. What nobody declares may hold anything.",
  scope: "metrics:write",
  right: "manage_directory",
  needs: ["metrics", "rollup-queries"],
  fresh: () => ({ id: "", attributes: {} }),
  editable: ({ attributes }) => ({ attributes }),
  nameOf: ({ id }) => id,
  noteOf: ({ attributes }) => counted(Object.keys(attributes).length, "attribute", "attributes"),
  created: (draft) => draft,
  deleting: "Only the declaration goes: the records stay, and their attributes may hold anything then. What rollup queries read by has to stay, and the refusal names them.",
  sections: ({ draft, saved, world, set }) => {
    const reads = readsOf(entityOf(draft, saved), [...world.list("metrics").values()]);
    return [
      ...(saved ? [] : [{ title: "Entity", fields: [/** @type {import("./fields.js").Field} */ ({ name: "id", label: "Name", type: "text", needed: true, help: "As records call it, such as opportunity. It never changes." })] }]),
      {
        title: "Attributes",
        help: "A reference holds the id of another record, such as a customer; queries and metrics follow it.",
        fields: [
          {
            name: "attributes",
            label: "Attributes",
            type: "own",
            wrong: reads.map((one) => misfitOf(one, draft.attributes)).find(Boolean) ?? null,
            told: turned,
            draw: () => typesBox({ attributes: draft.attributes, reads, isFixed: Boolean(world.rights?.lackOf("metrics:write", "manage_directory")), onChange: (attributes) => set("attributes", attributes) }),
          },
        ],
      },
    ];
  },
  aside,
};

/** @param {any} draft @param {any} saved @returns {string} */
function entityOf(draft, saved) {
  return saved?.id ?? draft.id;
}

/** Say only which attributes differ. @param {Record<string, string>} before @param {Record<string, string>} after @returns {[string, string]} */
function turned(before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);
  const said = (/** @type {Record<string, string>} */ types) => names.map((name) => `${name} ${types[name] ?? "undeclared"}`).join(", ");
  return [said(before), said(after)];
}

/** @param {Editing} editing */
function aside({ draft, saved, world }) {
  const entity = entityOf(draft, saved);
  const reads = readsOf(entity, [...world.list("metrics").values()]);
  const queries = [...world.list("rollup-queries").values()].filter((one) => one.entity === entity);
  return html`<section><h3>Metrics that read it</h3>
      ${reads.length
        ? html`<ul class="readers">${reads.map((one) => html`<li><a href="/manage/metrics?id=${encodeURIComponent(one.metric.id)}">${one.metric.name}</a> ${one.does} <code>${one.attribute}</code>
            <span class="help">${one.attribute in draft.attributes ? "" : "not declared; "}${one.allowed.join(" or ")} is allowed</span></li>`)}</ul>`
        : html`<p class="help">None${entity ? "" : " yet"}.</p>`}</section>
    <section><h3>Queries over it</h3>
      ${queries.length
        ? html`<ul class="readers">${queries.map(({ id, name }) => html`<li><a href="/manage/queries?id=${encodeURIComponent(id)}">${name}</a></li>`)}</ul><p class="help">With another type, a condition that no longer reads is refused, and named.</p>`
        : html`<p class="help">None.</p>`}</section>
    ${saved ? nothing : html`<section><h3>Records come without it</h3><p class="help">Nothing that is declared changes a record: it is checked when metrics and queries are written.</p></section>`}`;
}

/** @param {number} count @param {string} one @param {string} many */
function counted(count, one, many) {
  return `${count} ${count === 1 ? one : many}`;
}
