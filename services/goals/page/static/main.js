/**
 * The page: the goals as they come in, shown as one tree.
 *
 * Arrivals change the goals at once and mark what has to be shown again; it is painted
 * once a frame. While the page is paused they are held back, the newest of each goal.
 */

import { Details } from "./details.js";
import { Directory } from "./directory.js";
import { FIRST_GOAL } from "./first_goal.js";
import { Freshness } from "./freshness.js";
import { Goals, NOTHING, PLACES } from "./goals.js";
import { Grid } from "./grid.js";
import { Keyboard } from "./keyboard.js";
import { Live } from "./live.js";

const ANNOUNCE_MS = 10_000;
const REPAINT_MS = 60_000;

const byId = (id) => document.getElementById(id);
const sections = ["loading", "empty", "no-right", "tree"].map(byId);

const goals = new Goals();
const directory = new Directory(() => paintAll());
const grid = new Grid(byId("tree"), goals, directory);
const details = new Details(byId("details"), goals, directory);
const freshness = new Freshness(byId("freshness"), byId("announcements"));
new Keyboard(grid, (id) => details.choose(id));

const dirty = new Set();
const held = new Map();
let placesChanged = false;
let isPaused = false;
let isScheduled = false;
let changedSinceAnnounced = new Set();

function showOnly(id) {
  for (const section of sections) section.hidden = section.id !== id;
  const isTree = id === "tree";
  document.querySelector(".tools").hidden = !isTree;
  document.querySelector("footer").hidden = !isTree;
  if (!isTree) byId("details").hidden = true;
}

/** Apply now, or when the pause ends. */
function receive(id, apply) {
  freshness.heard();
  if (isPaused) {
    held.set(id, apply);
    freshness.waiting(held.size);
  } else {
    apply();
  }
}

function receivePicture(picture) {
  // What was held is in the picture, or newer there.
  held.clear();
  receive(null, () => {
    goals.replaceAll(picture);
    placesChanged = true;
    schedule();
  });
}

function took(change, id) {
  if (change === NOTHING) return;
  placesChanged ||= change === PLACES;
  dirty.add(id);
  changedSinceAnnounced.add(id);
  freshness.changed();
  schedule();
}

function schedule() {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(paint);
}

function paint() {
  isScheduled = false;
  showOnly(goals.size ? "tree" : "empty");
  if (placesChanged) grid.arrange();
  else grid.refresh(dirty);
  details.refresh();
  placesChanged = false;
  dirty.clear();
}

function paintAll() {
  if (byId("tree").hidden) return;
  grid.refreshAll();
  details.refresh();
}

function setPaused(wanted) {
  isPaused = wanted;
  byId("pause").setAttribute("aria-pressed", String(wanted));
  freshness.paused(wanted);
  if (wanted) return;
  for (const apply of held.values()) apply();
  held.clear();
}

byId("expand").addEventListener("click", () => grid.openAll());
byId("collapse").addEventListener("click", () => grid.closeAll());
byId("pause").addEventListener("click", () => setPaused(!isPaused));
byId("first-goal").textContent = FIRST_GOAL(location.origin);

// The pace moves with the day even when no number does.
setInterval(paintAll, REPAINT_MS);

setInterval(() => {
  if (changedSinceAnnounced.size) {
    byId("announcements").textContent = `${changedSinceAnnounced.size} goals have changed`;
  }
  changedSinceAnnounced = new Set();
}, ANNOUNCE_MS);

new Live({
  open() {
    freshness.connected();
    directory.read().catch(() => {});
  },
  snapshot: receivePicture,
  updated: (goal) => receive(goal.goal_id, () => took(goals.put(goal), goal.goal_id)),
  gone: (id) => receive(id, () => took(goals.remove(id), id)),
  lost: () => freshness.lost(),
  refused() {
    setPaused(false);
    showOnly("no-right");
    byId("freshness").hidden = true;
  },
  status: (status) => freshness.status(status),
}).start();
