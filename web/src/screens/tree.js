import "../tree/goal_details.js";
import "../tree/goal_icicle.js";
import "../tree/goal_tree.js";

import { FreshReport } from "../live/attainment.js";
import { Frame } from "../parts/frame.js";
import { Filter } from "../tree/filter.js";
import { Tools } from "../tree/tools.js";
import { FIRST_GOAL } from "../words/first_goal.js";
import { shownTime } from "../words/numbers.js";

/** @param {string} selector */
const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

const frame = new Frame();
const filter = new Filter();
const tree = /** @type {import("../tree/goal_tree.js").GoalTree} */ (find("goal-tree"));
const icicle = /** @type {import("../tree/goal_icicle.js").GoalIcicle} */ (find("goal-icicle"));
const details = /** @type {import("../tree/goal_details.js").GoalDetails} */ (find("goal-details"));
const attained = new FreshReport({ since: "24h" }, () => {
  sayAttained();
  if (!frame.isPaused) tree.attained();
});
const tools = new Tools(frame, filter, () => {
  tree.filtered();
  showView();
  write();
});

tree.listenTo(frame, attained, filter);
icicle.listenTo(frame, filter);
details.listenTo(frame);
const told = tools.read();
tree.tell(told);
icicle.zoom = told.zoom;
showView();

for (const view of [tree, icicle]) {
  view.addEventListener("choose", (event) => details.choose(/** @type {CustomEvent} */ (event).detail));
  view.addEventListener("told", write);
}
tree.addEventListener("arranged", (event) => {
  tools.refresh(/** @type {CustomEvent<boolean>} */ (event).detail);
  find("#resort").hidden = !tree.isOrderStale;
});
find("#resort").addEventListener("click", () => tree.resort());
find("#expand").addEventListener("click", () => {
  tree.openAll();
  write();
});
find("#collapse").addEventListener("click", () => {
  tree.closeAll();
  write();
});
find("#first-goal").textContent = FIRST_GOAL(location.origin);
frame.onPaint(() => {
  const isEmpty = frame.goals.size === 0;
  find("#empty").hidden = !isEmpty;
  find("#goals").hidden = isEmpty;
  find("#filters").hidden = isEmpty;
});
frame.start();
attained.readNow();

function write() {
  tools.write({ ...tree.told, zoom: icicle.zoom });
}

function showView() {
  tree.hidden = tools.isIcicle;
  icicle.hidden = !tools.isIcicle;
  icicle.arrange();
}

/** Say of when the numbers are that do not move by themselves. */
function sayAttained() {
  const when = attained.asOf ? `Finish, own records and what a day is compared with: as of ${shownTime(attained.asOf)}, read again each minute.` : "";
  const fault = attained.fault ? ` They could not be read: ${attained.fault.message}.` : "";
  find("#attained").textContent = when + fault;
}
