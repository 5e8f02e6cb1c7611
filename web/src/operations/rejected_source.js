/**
 * Rejected records as the API lists them, and sending them again.
 *
 * @typedef {import("./messages.js").Rejected} Rejected
 * @typedef {import("./messages.js").RejectedPage} RejectedPage
 * @typedef {{error: string, q: string}} Filter
 */

import { read, write } from "../live/api.js";

const PAGE = "50";
const AT_ONCE = 500;

/** Tell one record from all others. @param {{partition: number, offset: number}} record */
export function placeOf({ partition, offset }) {
  return `${partition}:${offset}`;
}

/** Read what the address asks for. @returns {Filter} */
export function filterOfAddress() {
  const asked = new URLSearchParams(location.search);
  return { error: asked.get("error") ?? "", q: asked.get("q") ?? "" };
}

/** Have the address ask for it. @param {Filter} filter */
export function putIntoAddress(filter) {
  const query = String(queryOf(filter));
  history.replaceState(history.state, "", query ? `?${query}` : location.pathname);
}

/** @param {Filter} filter */
function queryOf(filter) {
  return new URLSearchParams(Object.entries(filter).filter(([, value]) => value));
}

/**
 * @param {Filter} filter
 * @param {string} after
 * @returns {Promise<RejectedPage>}
 */
export function readPage(filter, after) {
  const query = queryOf(filter);
  query.set("limit", PAGE);
  if (after) query.set("after", after);
  return read(`/v1/rejected?${query}`);
}

/**
 * Send records again; return how many Kafka has.
 *
 * @param {Rejected[]} records
 * @returns {Promise<number>}
 */
export async function replay(records) {
  let sent = 0;
  // Oldest first, as they first came; the list has the newest first.
  for (let end = records.length; end > 0; end -= AT_ONCE) {
    const items = records.slice(Math.max(0, end - AT_ONCE), end).map(({ partition, offset }) => ({ partition, offset }));
    sent += (await write("POST", "/v1/rejected/replay", { items })).replayed;
  }
  return sent;
}
