/** The screen on which goals, metrics, queries and all they need are made and changed. */

import "../manage/manage_screen.js";

import { AUDIT } from "../manage/audit_trail.js";
import { API_TOKENS } from "../manage/api_tokens.js";
import { CALENDAR } from "../manage/calendar.js";
import { ROLES, TEAMS, UNITS, USERS } from "../manage/directory.js";
import { ENTITIES } from "../manage/entities.js";
import { GOALS } from "../manage/goals.js";
import { METRICS } from "../manage/metrics.js";
import { ORGANIZATION } from "../manage/organization.js";
import { PAGE_LINKS } from "../manage/page_links.js";
import { QUERIES } from "../manage/queries.js";
import { Frame } from "../parts/frame.js";

/** @type {Record<string, (import("../manage/kind.js").Kind | import("../manage/kind.js").Panel)[]>} */
const KINDS = {
  goals: [GOALS],
  queries: [QUERIES],
  metrics: [METRICS],
  directory: [USERS, TEAMS, UNITS, ROLES],
  calendar: [CALENDAR],
  settings: [ORGANIZATION, ENTITIES, API_TOKENS, PAGE_LINKS, AUDIT],
};

const screen = /** @type {import("../manage/manage_screen.js").ManageScreen} */ (document.querySelector("manage-screen"));

const frame = new Frame();
screen.start(frame, KINDS[screen.dataset.kind ?? ""]).catch((fault) => {
  screen.replaceChildren(`This could not be read: ${fault.message}`);
});
frame.start();
