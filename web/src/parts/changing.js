/**
 * Text that is marked for a moment when it changes; not where one prefers stillness.
 *
 * The style sheet has two animations that are the same: from one to the other it begins
 * anew, and nothing has to be measured for it.
 */

import { nothing } from "lit";
import { Directive, directive } from "lit/directive.js";

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
    if (before !== undefined && before !== text) mark(part.parentNode);
    return text || nothing;
  }
}

/** @param {Node} place */
function mark(place) {
  if (place instanceof HTMLElement) place.dataset.changed = place.dataset.changed === "once" ? "again" : "once";
}

export const changing = directive(Changing);
