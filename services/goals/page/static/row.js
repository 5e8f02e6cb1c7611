/**
 * One row of the tree: made once per goal, then only told what changed.
 */

import { Bullet } from "./bullet.js";
import { ABSENT, exact, shown, shownPercentage, shownPeriod } from "./numbers.js";
import { MARKS, statusOf } from "./pace.js";

const MARK_MS = 900;
const NUMBERS = ["actual", "in-progress", "target", "percentage"];

const isStill = matchMedia("(prefers-reduced-motion: reduce)");

function element(name, className, text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

/** Underline a number that has just changed, for a moment. */
function markChanged(cell) {
  if (isStill.matches) return;
  cell.animate(
    [{ boxShadow: "inset 0 -2px var(--mark)" }, { boxShadow: "inset 0 -2px transparent" }],
    { duration: MARK_MS, easing: "ease-in" },
  );
}

export class Row {
  #cells = {};
  #twisty = element("span", "twisty");
  #name = element("span", "name");
  #scope = element("span", "scope");
  #badges = element("span", "badges");
  #bullet = new Bullet();
  #isFresh = true;

  constructor(id) {
    this.id = id;
    this.element = element("tr");
    this.element.setAttribute("role", "row");
    this.element.dataset.goal = id;
    this.element.tabIndex = -1;
    this.#twisty.setAttribute("aria-hidden", "true");
    for (const name of ["title", "owner", ...NUMBERS, "bar", "status"]) {
      const cell = element("td", name);
      cell.setAttribute("role", name === "title" ? "rowheader" : "gridcell");
      cell.tabIndex = -1;
      this.#cells[name] = cell;
      this.element.append(cell);
    }
    this.#cells.title.append(this.#twisty, this.#name, this.#badges, this.#scope);
    this.#cells.bar.append(this.#bullet.element);
  }

  get cells() {
    return [...this.element.children];
  }

  get title() {
    return this.#name.textContent;
  }

  /** Say where the row stands: level, place among its siblings, open or not. */
  place({ level, position, siblings, isParent, isOpen }) {
    const row = this.element;
    row.setAttribute("aria-level", level);
    row.setAttribute("aria-posinset", position);
    row.setAttribute("aria-setsize", siblings);
    if (isParent) row.setAttribute("aria-expanded", isOpen);
    else row.removeAttribute("aria-expanded");
    row.style.setProperty("--level", level - 1);
  }

  /** Say what the goal says; `parent` is what stands above it, if anything does. */
  show(goal, parent, directory) {
    const unit = directory.unitOf(goal.metric_id);
    this.#showTitle(goal, parent, directory, unit);
    const owner = directory.nameOf(goal.owner);
    this.#write("owner", owner, goal.owner.type === "team" ? `team ${owner}` : owner);
    this.#write("actual", shown(goal.values.actual), exact(goal.values.actual, unit));
    this.#write("in-progress", shown(goal.values.in_progress), exact(goal.values.in_progress, unit));
    this.#write("target", shown(goal.target), goal.target === null ? "no target" : exact(goal.target, unit));
    this.#write("percentage", shownPercentage(goal.percentage), goal.percentage === null ? "no target" : `${exact(goal.percentage)} %`);
    this.#showStatus(statusOf(goal));
    this.#bullet.show(goal, unit);
    this.#isFresh = false;
  }

  #showTitle(goal, parent, directory, unit) {
    this.#name.textContent = goal.title;
    this.#scope.textContent = scopeOf(goal, parent, directory, unit);
    this.#cells.title.title = goal.title;
    const badges = badgesOf(goal);
    if (badges.map(([word]) => word).join() === this.#badges.dataset.words) return;
    this.#badges.dataset.words = badges.map(([word]) => word).join();
    this.#badges.replaceChildren(
      ...badges.map(([word, why]) => {
        const badge = element("span", `badge ${word}`, word);
        badge.title = why;
        return badge;
      }),
    );
  }

  #showStatus(status) {
    const cell = this.#cells.status;
    if (cell.dataset.status === (status ?? "none")) return;
    cell.dataset.status = status ?? "none";
    if (status === null) {
      cell.textContent = ABSENT;
      return;
    }
    const mark = element("span", "mark", MARKS[status]);
    mark.setAttribute("aria-hidden", "true");
    cell.replaceChildren(mark, element("span", "word", status));
  }

  #write(name, text, title) {
    const cell = this.#cells[name];
    if (cell.title !== title) cell.title = title;
    if (cell.textContent === text) return;
    cell.textContent = text;
    if (!this.#isFresh && NUMBERS.includes(name)) markChanged(cell);
  }
}

/** Say what is measured and when, where the parent's row does not say it already. */
function scopeOf(goal, parent, directory, unit) {
  const words = [];
  if (parent?.metric_id !== goal.metric_id) {
    words.push(directory.metricName(goal.metric_id) + (unit && `, ${unit}`));
  }
  const period = shownPeriod(goal.period);
  if (!parent || shownPeriod(parent.period) !== period) words.push(period);
  return words.join(" · ");
}

const ERRORS = {
  manager_disabled: "its manager, or that of a goal below it, is disabled",
  total_overflow: "its sum, or that of a goal below it, has too many digits",
};

function badgesOf(goal) {
  const badges = [];
  const { status, error } = goal.rollup;
  if (status === "computing") badges.push(["computing", "its records are being read again; until that is done, the last consistent numbers stand here"]);
  if (status === "frozen") badges.push(["frozen", "it stands still"]);
  if (status === "failed") badges.push(["failed", ERRORS[error] ?? "it, or a goal below it, cannot be rolled up"]);
  if (goal.is_overridden) badges.push(["overridden", "a person set these numbers"]);
  return badges;
}
