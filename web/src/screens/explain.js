/** The screen that explains numbers: which records count for a goal, and why. */

import "../explain/explain_view.js";

import { Frame } from "../parts/frame.js";

const view = /** @type {import("../explain/explain_view.js").ExplainView} */ (document.querySelector("explain-view"));
const [, place, id] = location.pathname.split("/");

const frame = new Frame();
view.listenTo(frame, place === "goals" ? decodeURIComponent(id) : null);
frame.start();
