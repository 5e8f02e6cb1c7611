/** The screen of one goal: where it stands, how it came there, what makes it up. */

import "../goal/goal_view.js";

import { Frame } from "../parts/frame.js";

const view = /** @type {import("../goal/goal_view.js").GoalView} */ (document.querySelector("goal-view"));
const id = decodeURIComponent(location.pathname.split("/")[2]);

const frame = new Frame();
view.listenTo(frame, id);
frame.start();
