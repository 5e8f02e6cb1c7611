/**
 * The one connection of a browser, shared by all its tabs.
 *
 * It keeps the newest state of each goal, so that a tab that comes later is told at
 * once. What is said to tabs is in messages.js.
 */

import { Upstream } from "./upstream.js";

/** @type {Set<MessagePort>} */
const ports = new Set();

const upstream = new Upstream((messages) => {
  for (const port of ports) port.postMessage(messages);
});

/** @param {MessageEvent} event */
function welcome(event) {
  const port = event.ports[0];
  ports.add(port);
  port.addEventListener("message", ({ data }) => {
    if (data === "bye") ports.delete(port);
    if (data === "again") upstream.again();
  });
  port.start();
  port.postMessage(upstream.known());
}

addEventListener("connect", (event) => welcome(/** @type {MessageEvent} */ (event)));
upstream.start();
