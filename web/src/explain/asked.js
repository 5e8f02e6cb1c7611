/**
 * Which record is meant by what somebody pasted: entity and id, or the id alone.
 */

/**
 * Return the records that may be meant, the likeliest first.
 *
 * @param {string} text
 * @param {string[]} entities Those that the metric counts.
 * @returns {string[]}
 */
export function meantBy(text, entities) {
  const trimmed = text.trim().replace(/^["'{]+|["'},;]+$/g, "");
  if (!trimmed) return [];
  const asIds = entities.map((entity) => `${entity}/${trimmed}`);
  // An id may hold a slash itself; what is before it is most often the entity.
  return trimmed.includes("/") ? [trimmed, ...asIds] : asIds;
}

/**
 * Return the entities that a metric counts, each once.
 *
 * @param {{rollup_fields: Record<string, {source_entity: string} | null>} | undefined} metric
 */
export function entitiesOf(metric) {
  return [...new Set(Object.values(metric?.rollup_fields ?? {}).flatMap((field) => field?.source_entity ?? []))];
}
