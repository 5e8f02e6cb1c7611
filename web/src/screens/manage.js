/** The screen on which goals, metrics, queries and all they need are made and changed. */

import "../manage/manage_screen.js";

import { CALENDAR } from "../manage/calendar.js";
import { ROLES, TEAMS, UNITS, USERS } from "../manage/directory.js";
import { GOALS } from "../manage/goals.js";
import { METRICS } from "../manage/metrics.js";
import { QUERIES } from "../manage/queries.js";
import { Frame } from "../parts/frame.js";

/** @type {Record<string, import("../manage/kind.js").Kind[]>} */
const KINDS = {
  goals: [GOALS],
  queries: [QUERIES],
  metrics: [METRICS],
  directory: [USERS, TEAMS, UNITS, ROLES],
  calendar: [CALENDAR],
};

const screen = /** @type {import("../manage/manage_screen.js").ManageScreen} */ (document.querySelector("manage-screen"));

const frame = new Frame();
screen.start(frame, KINDS[screen.dataset.kind ?? ""]).catch((fault) => {
  screen.replaceChildren(`This could not be read: ${fault.message}`);
});
frame.start();
