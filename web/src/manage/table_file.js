/** What a list of the API answers as a table, handed to the reader as a file. */

import { RefusedError } from "../live/api.js";

/** @param {string} address @param {string} name What the file is called. */
export async function saveTable(address, name) {
  const answer = await fetch(address, { headers: { Accept: "text/csv" } });
  if (!answer.ok) throw new RefusedError(answer.status, await answer.json());
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
