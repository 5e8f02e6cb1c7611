/** What a change changes, in words: the fields, how they were, and how they would be. */

import { at, textOf } from "./drafts.js";
import { labelOf } from "./choices.js";

/**
 * @param {any} before
 * @param {any} after
 * @param {import("./fields.js").Field[]} fields
 */
export function differences(before, after, fields) {
  return fields
    .filter(({ name }) => textOf(at(before, name)) !== textOf(at(after, name)))
    .map((field) => {
      const values = [at(before, field.name), at(after, field.name)];
      const [was, becomes] = field.told?.(values[0], values[1]) ?? values.map((value) => said(field, value));
      return { label: field.label, before: was, after: becomes };
    });
}

/** @param {import("./fields.js").Field} field @param {any} value @returns {string} */
function said(field, value) {
  if (value === null || value === undefined || value === "") return "nothing";
  if (field.type === "check") return value ? "yes" : "no";
  const read = field.read ? field.read(value) : value;
  if (field.type === "choice") return field.options?.find(([one]) => one === String(read))?.[1] ?? String(read);
  if (field.type === "one") return labelOf(field.choices ?? [], read);
  if (field.type === "several") return read.map((/** @type {string} */ id) => labelOf(field.choices ?? [], id)).join(", ") || "nobody";
  return typeof read === "object" ? "other than before" : String(read);
}
