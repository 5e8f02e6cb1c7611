/** All dashboards that one sees. */

import "../dashboards/dashboard_list.js";

import { Frame } from "../parts/frame.js";

const frame = new Frame();
const list = /** @type {import("../dashboards/dashboard_list.js").DashboardList} */ (document.querySelector("dashboard-list"));

list.listenTo(frame);
frame.start();
