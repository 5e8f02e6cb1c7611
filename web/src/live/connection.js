/**
 * How a screen listens: through the connection that all tabs share, or where a browser
 * has no shared workers through one of its own.
 *
 * @typedef {import("./messages.js").Message} Message
 */

import { Upstream } from "./upstream.js";

/** @param {(message: Message) => void} hear Told of each message, in order. */
export function listen(hear) {
  /** @param {Message[]} messages */
  const hearAll = (messages) => messages.forEach(hear);
  const address = document.documentElement.dataset.worker;
  if (typeof SharedWorker === "undefined" || !address) {
    new Upstream(hearAll).start();
    return;
  }
  const { port } = new SharedWorker(address, { type: "module", name: "cairn" });
  port.addEventListener("message", ({ data }) => hearAll(data));
  port.start();
  port.postMessage("again");
  addEventListener("pagehide", ({ persisted }) => persisted || port.postMessage("bye"));
}
