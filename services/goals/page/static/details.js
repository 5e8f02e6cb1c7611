/**
 * What else there is to know of the goal whose row was chosen last.
 */

import { exact, shownPeriod, shownTime } from "./numbers.js";
import { elapsedShare } from "./pace.js";

const CAUSES_SHOWN = 3;

export class Details {
  #section;
  #goals;
  #directory;
  #title = document.createElement("h2");
  #close = document.createElement("button");
  #list = document.createElement("dl");
  #id = null;

  constructor(section, goals, directory) {
    this.#section = section;
    this.#goals = goals;
    this.#directory = directory;
    Object.assign(this.#close, { type: "button", textContent: "Close" });
    this.#close.addEventListener("click", () => this.choose(null));
    section.append(this.#title, this.#close, this.#list);
  }

  choose(id) {
    this.#id = id;
    this.refresh();
  }

  refresh() {
    const goal = this.#goals.get(this.#id);
    this.#section.hidden = !goal;
    if (!goal) return;
    this.#title.textContent = goal.title;
    this.#list.replaceChildren(...this.#facts(goal).map(([name, value]) => pair(name, value)));
  }

  #facts(goal) {
    const unit = this.#directory.unitOf(goal.metric_id);
    const facts = [
      ["Metric", this.#directory.metricName(goal.metric_id)],
      ["Owner", this.#directory.nameOf(goal.owner)],
      ["Manager", this.#directory.nameOf({ type: "user", id: goal.manager_id })],
      ["Period", `${shownPeriod(goal.period)} (${goal.period.time_zone})`],
      ["Actual", exact(goal.values.actual, unit)],
    ];
    if (goal.values.in_progress !== null) facts.push(["In progress", exact(goal.values.in_progress, unit)]);
    if (goal.values.custom !== null) facts.push(["Third measure", exact(goal.values.custom, unit)]);
    facts.push(["Target", goal.target === null ? "none" : exact(goal.target, unit)]);
    if (goal.stretch_target !== null) facts.push(["Stretch target", exact(goal.stretch_target, unit)]);
    if (goal.target !== null) facts.push(["Elapsed", `${Math.floor(elapsedShare(goal.period) * 100)} % of the period`]);
    if (goal.rollup.error) facts.push(["Error", goal.rollup.error]);
    facts.push(["Last change", lastChange(goal)]);
    return facts;
  }
}

function pair(name, value) {
  const made = document.createElement("div");
  made.append(
    Object.assign(document.createElement("dt"), { textContent: name }),
    Object.assign(document.createElement("dd"), { textContent: value }),
  );
  return made;
}

function lastChange(goal) {
  const at = shownTime(new Date(goal.updated_at));
  const causes = goal.caused_by.slice(0, CAUSES_SHOWN).join(", ");
  const more = goal.caused_by.length > CAUSES_SHOWN ? " …" : "";
  return causes ? `${at} by ${causes}${more}` : at;
}
