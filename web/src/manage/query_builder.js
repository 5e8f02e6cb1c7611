/**
 * Conditions as rows that one edits: groups in groups, links to other records, tests.
 *
 * Tells of a change by the event `change`, with the conditions as the API has them.
 *
 * @typedef {import("./conditions.js").Row} Row
 * @typedef {import("./conditions.js").Group} Group
 * @typedef {import("./conditions.js").Link} Link
 * @typedef {import("./conditions.js").Test} Test
 * @typedef {import("./choices.js").Choice} Choice
 */

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";

import { LightElement } from "../parts/light.js";
import { choiceBox } from "./choices.js";
import { conditionValue, firstValue } from "./condition_value.js";
import { innerPlace, newGroup, newLink, newTest, placeIn, rowsOf, whereOf } from "./conditions.js";
import { textOf } from "./drafts.js";
import { select } from "./fields.js";
import { BESIDES, familiesFor, labelFor, operatorOf } from "./operators.js";

/** @type {Record<string, string>} */
const BESIDES_IN_WORDS = {
  "@id": "the record’s id",
  "@owner": "its owner",
  "@owner_business_unit": "its owner’s business unit",
  "@state": "its state",
  "@status": "its status",
};

export class QueryBuilder extends LightElement {
  /** @type {Group} */
  #root = newGroup("all", true);
  #entity = "";
  /** @type {Map<string, any>} */
  #entities = new Map();
  /** @type {Choice[]} */
  #owners = [];
  /** @type {{field: string | null, message: string} | null} */
  #fault = null;
  #isFixed = false;

  /** @param {any} where */
  set where(where) {
    if (textOf(where) === textOf(whereOf(this.#root))) return;
    this.#root = rowsOf(where);
    this.requestUpdate();
  }

  /**
   * What the rows know: the entity, what entities are declared to hold, who may own.
   *
   * @param {{entity: string, entities: Map<string, any>, owners: Choice[], fault: {field: string | null, message: string} | null, isFixed: boolean}} around
   */
  set around({ entity, entities, owners, fault, isFixed }) {
    [this.#entity, this.#entities, this.#owners, this.#fault] = [entity, entities, owners, fault];
    this.#isFixed = isFixed;
    this.requestUpdate();
  }

  /** @override */
  render() {
    return html`<fieldset class="builder" ?disabled=${this.#isFixed}><legend class="unseen">Conditions</legend>
      ${this.#group(this.#root, "where", this.#entity, (row) => this.#changed(row), null)}</fieldset>`;
  }

  /** @param {Row | null} root */
  #changed(root) {
    this.#root = /** @type {Group} */ (root ?? newGroup("all", true));
    this.dispatchEvent(new CustomEvent("change", { detail: whereOf(this.#root) }));
    this.requestUpdate();
    // At once: what is typed next belongs to the rows as they are now.
    this.performUpdate();
  }

  /**
   * @param {Group} group
   * @param {string} outer The place of the group.
   * @param {string} entity
   * @param {(row: Row | null) => void} replace
   * @param {unknown} remove
   * @returns {unknown}
   */
  #group(group, outer, entity, replace, remove) {
    const place = innerPlace(group, outer);
    const rows = group.rows.map((row, index) => {
      const put = (/** @type {Row | null} */ other) =>
        replace({ ...group, rows: group.rows.flatMap((one, at) => (at === index ? (other ? [other] : []) : [one])) });
      return html`<li>${this.#row(row, placeIn(group, place, index), entity, put)}</li>`;
    });
    const add = (/** @type {Row} */ row) => replace({ ...group, rows: [...group.rows, row] });
    return html`<div class="group" role="group" aria-label="Group of conditions">
      <div class="group-head">
        ${this.#negation(group, replace)}
        ${select({ options: [["all", "All of these hold"], ["any", "Any of these holds"]], value: group.mode, label: "How these go together", onChange: (mode) => replace({ ...group, mode: /** @type {"all" | "any"} */ (mode), isBare: group.isBare && mode === "all" }) })}
        ${remove ?? nothing}
      </div>
      ${group.rows.length ? html`<ul>${rows}</ul>` : html`<p class="help">${group.mode === "any" ? "None yet: at least one is needed." : "No condition: every record."}</p>`}
      <div class="adding">
        <button type="button" @click=${() => add(newTest())}>+ Condition</button>
        <button type="button" @click=${() => add(newGroup("any"))}>+ Group</button>
        <button type="button" @click=${() => add(newLink())}>+ Linked record</button>
      </div>
      ${this.#faultOf(place)}
    </div>`;
  }

  /** @param {Row} row @param {string} outer @param {string} entity @param {(row: Row | null) => void} replace @returns {unknown} */
  #row(row, outer, entity, replace) {
    const remove = html`<button type="button" class="remove" aria-label="Remove" title="Remove" @click=${() => replace(null)}>×</button>`;
    if (row.type === "group") return this.#group(row, outer, entity, replace, remove);
    if (row.type === "link") return this.#link(row, outer, entity, replace, remove);
    return this.#test(row, outer, entity, replace, remove);
  }

  /** @param {Row} row @param {(row: Row) => void} replace */
  #negation(row, replace) {
    // Two negations are none; an odd number is one.
    return html`<label class="not"><input type="checkbox" .checked=${live(row.nots % 2 === 1)}
      @change=${() => replace({ ...row, nots: row.nots % 2 ? 0 : 1 })}> not</label>`;
  }

  /** @param {Link} row @param {string} outer @param {string} entity @param {(row: Row | null) => void} replace @param {unknown} remove */
  #link(row, outer, entity, replace, remove) {
    const place = innerPlace(row, outer);
    const id = idAt(place);
    const entities = [...this.#entities.keys()].map((one) => ({ id: one, label: one }));
    return html`<div class="linked">
      <div class="group-head">
        ${this.#negation(row, replace)}
        <span>the record that</span>
        ${choiceBox({ id: `${id}-link`, choices: this.#attributes(entity, false), value: row.link, label: "Attribute that leads there", placeholder: "attribute, such as customerid", onChoose: (link) => replace({ ...row, link: link ?? "" }) })}
        <span>leads to, of entity</span>
        ${choiceBox({ id: `${id}-entity`, choices: entities, value: row.entity, label: "Entity it leads to", placeholder: "entity, such as account", onChoose: (one) => replace({ ...row, entity: one ?? "" }) })}
        ${remove}
      </div>
      ${this.#faultOf(place)}
      ${this.#group(row.inside, `${place}.where`, row.entity, (inside) => replace({ ...row, inside: /** @type {Group} */ (inside ?? newGroup("all", true)) }), null)}
    </div>`;
  }

  /** @param {Test} row @param {string} outer @param {string} entity @param {(row: Row | null) => void} replace @param {unknown} remove */
  #test(row, outer, entity, replace, remove) {
    const place = innerPlace(row, outer);
    const id = idAt(place);
    const type = this.#typeOf(entity, row.attribute);
    const takes = operatorOf(row.operator)?.takes ?? "one";
    return html`<div class="test">
      ${this.#negation(row, replace)}
      ${choiceBox({ id: `${id}-attribute`, choices: this.#attributes(entity, true), value: row.attribute, label: "Attribute", placeholder: "attribute", isWrong: this.#isAt(`${place}.attribute`), onChoose: (attribute) => replace({ ...row, attribute: attribute ?? "" }) })}
      ${this.#operators(row, type, replace)}
      <span class="value">${conditionValue({ test: row, takes, type, attributes: this.#attributes(entity, true), owners: this.#owners, id, onChange: replace })}</span>
      ${remove}
      ${this.#faultOf(place)}
    </div>`;
  }

  /** @param {Test} row @param {string | null} type @param {(row: Row) => void} replace */
  #operators(row, type, replace) {
    const chosen = (/** @type {any} */ event) => {
      const operator = event.target.value;
      const { value, entity, via, ...rest } = row;
      const [before, after] = [operatorOf(row.operator)?.takes, operatorOf(operator)?.takes ?? "one"];
      const given = before === after ? value : firstValue(after, value);
      const kept = after === "hierarchy" ? { ...(entity ? { entity } : {}), ...(via ? { via } : {}) } : {};
      replace({ ...rest, ...kept, operator, ...(given === undefined ? {} : { value: given }) });
    };
    const families = [...familiesFor(type)].map(([family, operators]) => html`<optgroup label=${family}>
      ${operators.map((one) => html`<option value=${one.name} ?selected=${one.name === row.operator} title=${one.name}>${labelFor(one, type)}</option>`)}</optgroup>`);
    // One that does not suit the type is shown all the same: the API says why not.
    const isListed = operatorOf(row.operator) && (type === null || operatorOf(row.operator)?.types.includes(type));
    return html`<select class="operator" aria-label="Operator" .value=${live(row.operator)} @change=${chosen}>
      ${isListed ? nothing : html`<option value=${row.operator} selected>${row.operator}</option>`}${families}</select>`;
  }

  /** @param {string} entity @param {string} attribute @returns {string | null} */
  #typeOf(entity, attribute) {
    if (BESIDES.includes(attribute)) return "text";
    return this.#entities.get(entity)?.attributes[attribute] ?? null;
  }

  /** @param {string} entity @param {boolean} withBesides @returns {Choice[]} */
  #attributes(entity, withBesides) {
    const declared = Object.entries(this.#entities.get(entity)?.attributes ?? {});
    const besides = withBesides ? BESIDES.map((id) => ({ id, label: `${id} · ${BESIDES_IN_WORDS[id] ?? ""}` })) : [];
    return [...declared.map(([id, type]) => ({ id, label: `${id} · ${type}` })), ...besides];
  }

  /** @param {string} place */
  #isAt(place) {
    return this.#fault?.field === place;
  }

  /** What the API says of a row itself, not of rows inside it. @param {string} place */
  #faultOf(place) {
    const rest = this.#fault?.field?.startsWith(place) ? this.#fault.field.slice(place.length) : null;
    if (rest === null || !/^(?:\.(?:attribute|operator|value(?:\[\d+\])?|link|entity|via|all|any))?$/.test(rest)) return nothing;
    return html`<p class="fault" role="alert">${this.#fault?.message}</p>`;
  }
}

/** @param {string} place */
const idAt = (place) => `at-${place.replace(/[^a-z0-9]+/gi, "-")}`;

customElements.define("query-builder", QueryBuilder);
