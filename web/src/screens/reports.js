/** Reports: attainment by owner, team, period, metric or goal. */

import "../reports/attainment_report.js";

import { Frame } from "../parts/frame.js";

const frame = new Frame();
const report = /** @type {import("../reports/attainment_report.js").AttainmentReport} */ (document.querySelector("attainment-report"));

report.listenTo(frame);
frame.start();
