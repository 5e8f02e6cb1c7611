/** One dashboard: to look at, to arrange, on a wall. */

import "../dashboards/live_dashboard.js";

import { Frame } from "../parts/frame.js";

const frame = new Frame();
const dashboard = /** @type {import("../dashboards/live_dashboard.js").LiveDashboard} */ (document.querySelector("live-dashboard"));

dashboard.listenTo(frame);
frame.start();
