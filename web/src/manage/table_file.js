/** What a list of the API answers as tables, handed to the reader as one file. */

import { RefusedError } from "../live/api.js";

/** @param {string} address @param {string} name What the file is called. */
export async function saveTable(address, name) {
  /** @type {string[]} */
  const tables = [];
  /** @type {string | null} */
  let next = address;
  while (next) {
    /** @type {Response} */
    const answer = await fetch(next, { headers: { Accept: "text/csv" } });
    if (!answer.ok) throw new RefusedError(answer.status, await answer.json());
    const table = await answer.text();
    // Each table has the header; the file has it once.
    tables.push(tables.length ? table.slice(table.indexOf("\r\n") + 2) : table);
    next = followingOf(answer);
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(tables, { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Return where the rows are that one answer had no room for. @param {Response} answer */
function followingOf(answer) {
  return answer.headers.get("link")?.match(/<([^>]+)>; rel="next"/)?.[1] ?? null;
}
