/** The overview: for the one who asks whether we shall make it. */

import "../overview/live_overview.js";

import { Frame } from "../parts/frame.js";

const frame = new Frame();
const overview = /** @type {import("../overview/live_overview.js").LiveOverview} */ (document.querySelector("live-overview"));
const empty = /** @type {HTMLElement} */ (document.querySelector("#empty"));

overview.listenTo(frame);
frame.onPaint(() => {
  empty.hidden = frame.goals.size > 0;
  overview.hidden = frame.goals.size === 0;
});
frame.start();
