/**
 * The bullet bar: actual, what is in progress, the target and today's pace.
 *
 * All bars have one scale, from 0 to 125 % of the goal's own target, so that the
 * targets stand under one another. What goes beyond is cut, and an arrow says so.
 */

import { exact, shown, shownPercentage } from "./numbers.js";
import { elapsedShare, statusOf } from "./pace.js";

const SVG = "http://www.w3.org/2000/svg";
const TARGET_PERCENT = 80;
// Drawn around x = 0: a line that hangs from a wedge.
const PACE = "M-4-.5h8l-3.25 4.5v12h-1.5v-12z";

function part(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function percent(value) {
  return `${Math.min(100, Math.max(0, value)).toFixed(2)}%`;
}

/** Something drawn around a point that is given in percent of the width. */
function at(x, drawing) {
  return part("svg", { x, width: 1, height: 16, overflow: "visible" }, drawing);
}

export class Bullet {
  #actual = part("rect", { class: "actual", y: 3, height: 10 });
  #inProgress = part("rect", { class: "in-progress", y: 3, height: 10 });
  #pace = at("0%", part("path", { class: "pace", d: PACE }));
  #beyond = at("100%", part("path", { class: "beyond", d: "M-7 4l5 4-5 4z" }));

  constructor() {
    this.element = part(
      "svg",
      { class: "bullet", height: 16, role: "img" },
      part("rect", { class: "track", y: 3, width: "100%", height: 10 }),
      this.#inProgress,
      this.#actual,
      this.#beyond,
      at(percent(TARGET_PERCENT), part("rect", { class: "target", x: -1.25, width: 2.5, height: 16 })),
      this.#pace,
    );
  }

  show(goal, unit) {
    const target = Number(goal.target);
    const comparable = goal.target !== null && target > 0;
    this.element.classList.toggle("absent", !comparable);
    this.element.setAttribute("aria-label", sentence(goal, unit));
    if (!comparable) return;
    const scale = (amount) => (Number(amount ?? 0) / target) * TARGET_PERCENT;
    const actual = scale(goal.values.actual);
    const open = Math.max(0, actual + scale(goal.values.in_progress));
    this.#actual.setAttribute("width", percent(actual));
    this.#inProgress.setAttribute("width", percent(open));
    this.#beyond.classList.toggle("absent", actual <= 100);
    this.#pace.setAttribute("x", percent(TARGET_PERCENT * elapsedShare(goal.period)));
  }
}

/** Say in words what the bar shows. */
export function sentence(goal, unit) {
  const { actual } = goal.values;
  if (actual === null) return `${goal.title}: not measured`;
  if (goal.target === null) return `${goal.title}: ${exact(actual, unit)}, no target`;
  const words = [
    `${goal.title}: ${shown(actual)} of ${shown(goal.target)}${unit && ` ${unit}`}`,
    goal.percentage === null ? "" : `${shownPercentage(goal.percentage)} percent`,
    `pace ${shownPercentage(String(elapsedShare(goal.period) * 100))} percent`,
    statusOf(goal),
  ];
  return words.filter(Boolean).join(", ");
}
