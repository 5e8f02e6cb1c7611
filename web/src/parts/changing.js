/**
 * Text that is marked for a moment when it changes; not where one prefers stillness.
 */

import { nothing } from "lit";
import { Directive, directive } from "lit/directive.js";

const MARK_MS = 900;

const isStill = matchMedia("(prefers-reduced-motion: reduce)");

class Changing extends Directive {
  /** @type {string | undefined} */
  #text;

  /** @override @param {string} text */
  render(text) {
    return text;
  }

  /**
   * @override
   * @param {import("lit/directive.js").ChildPart} part
   * @param {[string]} values
   */
  update(part, [text]) {
    const before = this.#text;
    this.#text = text;
    if (before !== undefined && before !== text && !isStill.matches) mark(part.parentNode);
    return text || nothing;
  }
}

/** @param {Node} place */
function mark(place) {
  if (!(place instanceof HTMLElement)) return;
  place.animate(
    [{ boxShadow: "inset 0 -2px var(--mark)" }, { boxShadow: "inset 0 -2px transparent" }],
    { duration: MARK_MS, easing: "ease-in" },
  );
}

export const changing = directive(Changing);
