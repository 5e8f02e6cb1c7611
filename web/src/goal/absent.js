/** What stands where a goal cannot be shown. */

import { html } from "lit";

/** @param {Error & {status?: number}} fault */
export function absent(fault) {
  const isGone = fault.status === 404;
  return html`<section class="notice">
    <h1>${isGone ? "No such goal here" : "This goal could not be read"}</h1>
    <p>${isGone ? "It was deleted, it never was, or you may not see it." : fault.message}</p>
    <p><a href="/">To all goals</a></p>
  </section>`;
}
