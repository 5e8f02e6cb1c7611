/** What runs, what waits, and what is wrong: for an operator after an incident. */

import "../operations/operations_view.js";

import { Frame } from "../parts/frame.js";

const frame = new Frame();
const view = /** @type {import("../operations/operations_view.js").OperationsView} */ (
  document.querySelector("operations-view")
);

frame.start();
view.listenTo(frame);
