/**
 * What metrics read of an entity, and what it has to hold for them. The API decides; this
 * only says it beforehand.
 *
 * @typedef {{metric: any, does: string, attribute: string, allowed: string[]}} Read
 */

/**
 * @param {string} entity
 * @param {any[]} metrics
 * @returns {Read[]}
 */
export function readsOf(entity, metrics) {
  return metrics.flatMap((metric) =>
    Object.values(metric.rollup_fields)
      .filter(Boolean)
      .flatMap((/** @type {any} */ field) => [
        ...(field.source_attribute && field.source_entity === entity ? [{ metric, does: "adds up", attribute: field.source_attribute, allowed: ["number"] }] : []),
        ...((field.date_from?.entity ?? field.source_entity) === entity ? [{ metric, does: "is dated by", attribute: field.date_attribute, allowed: ["date", "datetime"] }] : []),
      ]),
  );
}

/** Say what is wrong with what is declared; null: nothing. @param {Read} read @param {Record<string, string>} attributes */
export function misfitOf({ metric, does, attribute, allowed }, attributes) {
  const declared = attributes[attribute];
  if (!declared || allowed.includes(declared)) return null;
  return `${attribute} is declared ${declared}, and metric ${metric.name} ${does} it: ${allowed.join(" or ")} is allowed`;
}
