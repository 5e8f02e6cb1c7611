/** What is given with an operator: nothing, a value of the attribute's type, or several. */

import { html, nothing } from "lit";

import { choiceBox } from "./choices.js";
import { select } from "./fields.js";
import { nameOf, TEMPLATES } from "./fiscal.js";
import { textIn, valueBox, writtenBox } from "./own_fields.js";

/** @typedef {import("./conditions.js").Test} Test */

/** Codes of fiscal periods that the calendar may have. @type {[string, string][]} */
const PERIODS = Object.values(TEMPLATES).flatMap(({ first, count }) =>
  Array.from({ length: count }, (_, place) => /** @type {[string, string]} */ ([String(first + place), nameOf(first + place)])),
);

/**
 * Draw the place where values are written.
 *
 * @param {object} box
 * @param {Test} box.test
 * @param {string} box.takes
 * @param {string | null} box.type The attribute's declared type.
 * @param {import("./choices.js").Choice[]} box.attributes
 * @param {import("./choices.js").Choice[]} box.owners
 * @param {string} box.id
 * @param {(test: Test) => void} box.onChange
 */
export function conditionValue({ test, takes, type, attributes, owners, id, onChange }) {
  const set = (/** @type {any} */ value) => onChange({ ...test, value });
  if (takes === "nothing") return nothing;
  if (takes === "list") return listBox(test, set);
  if (takes === "pair") return html`${one(test.value?.[0], 0)} <span class="and">and</span> ${one(test.value?.[1], 1)}`;
  if (takes === "period") return periodBox(test.value, set);
  if (takes === "period and year") {
    const [period, year] = Array.isArray(test.value) ? test.value : ["1", ""];
    return html`${periodBox(period, (value) => set([value, year]))} ${plain(year, (value) => set([period, value]), "Fiscal year")}`;
  }
  if (takes === "attribute") {
    return choiceBox({ id: `${id}-value`, choices: attributes, value: test.value, label: "Other attribute", onChoose: (value) => set(value ?? "") });
  }
  if (takes === "hierarchy") return hierarchyBox(test, onChange);
  if (takes === "one") {
    if (test.attribute === "@owner") {
      return choiceBox({ id: `${id}-value`, choices: owners, value: ownerKey(test.value), label: "Owner", onChoose: (value) => set(value ?? "") });
    }
    return single(test.value, type, set, test.operator === "eq" || test.operator === "ne");
  }
  const label = takes === "count" ? "How many" : takes === "year" ? "Fiscal year" : "Value";
  return plain(test.value, set, label, takes === "day" ? "2026-11-21" : undefined);

  /** @param {any} value @param {number} place */
  function one(value, place) {
    const given = Array.isArray(test.value) ? test.value : ["", ""];
    return single(value, type, (/** @type {any} */ other) => set(given.map((before, at) => (at === place ? other : before))), false);
  }
}

/** @param {any} value @param {string | null} type @param {(value: any) => void} set @param {boolean} mayBeAnything */
function single(value, type, set, mayBeAnything) {
  if (type === "boolean") {
    return select({ options: [["", "choose"], ["true", "yes"], ["false", "no"]], value, label: "Value", onChange: (text) => set(text === "true") });
  }
  // What nobody declared is compared as what is given: text, number, true or false.
  if (type === null && mayBeAnything) return valueBox({ value, label: "Value", onChange: set });
  return plain(value, set, "Value", type === "date" ? "2026-11-21" : type === "datetime" ? "2026-11-21T09:30:00Z" : undefined);
}

/** @param {any} value @param {(value: any) => void} set @param {string} label @param {string} [placeholder] */
function plain(value, set, label, placeholder) {
  return writtenBox({ value, label, placeholder, onChange: set });
}

/** @param {any} value @param {(value: any) => void} set */
function periodBox(value, set) {
  return select({ options: PERIODS, value: textIn(value), label: "Fiscal period", onChange: set });
}

/** @param {Test} test @param {(value: any) => void} set */
function listBox(test, set) {
  const values = Array.isArray(test.value) ? test.value : [];
  const changed = (/** @type {any} */ event) => {
    const lines = event.target.value.split("\n").map((/** @type {string} */ line) => line.trim()).filter(Boolean);
    event.target.value = lines.join("\n");
    // What was a number before stays one.
    set(lines.map((/** @type {string} */ line) => values.find((one) => textIn(one) === line) ?? line));
  };
  // Only what was stored otherwise is written here: a form that is drawn again while
  // somebody types takes nothing from him.
  return html`<textarea aria-label="Values, one a line" placeholder="one value a line" rows=${Math.min(6, Math.max(2, values.length))}
    .value=${values.map(shownIn).join("\n")} @change=${changed}></textarea>`;
}

/** @param {any} value */
function shownIn(value) {
  return ownerKey(value) ?? textIn(value);
}

/** @param {any} value @returns {string | null} */
function ownerKey(value) {
  if (value?.type && value?.id) return `${value.type}/${value.id}`;
  return typeof value === "string" && value ? value : null;
}

/** @param {Test} test @param {(test: Test) => void} onChange */
function hierarchyBox(test, onChange) {
  const set = (/** @type {"entity" | "via"} */ name, /** @type {string} */ text) => {
    const { [name]: _, ...others } = test;
    onChange(/** @type {Test} */ (text ? { ...others, [name]: text } : others));
  };
  return html`${plain(test.value, (value) => onChange({ ...test, value }), "Value")}
    <input aria-label="Entity of the hierarchy" placeholder="entity, such as account" .value=${test.entity ?? ""} @input=${(/** @type {any} */ event) => set("entity", event.target.value.trim())}>
    <input aria-label="Attribute that leads to the one above" placeholder="via, such as parentaccountid" .value=${test.via ?? ""} @input=${(/** @type {any} */ event) => set("via", event.target.value.trim())}>`;
}

/** Return the value that a condition starts with when its operator changes. @param {string} takes @param {any} before */
export function firstValue(takes, before) {
  const single = Array.isArray(before) ? before[0] : before;
  if (takes === "nothing") return undefined;
  if (takes === "list") return single === undefined || single === "" ? [] : [single];
  if (takes === "pair") return [single ?? "", ""];
  if (takes === "period") return "1";
  if (takes === "period and year") return ["1", String(new Date().getFullYear())];
  return single ?? "";
}
