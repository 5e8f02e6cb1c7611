/**
 * Styles that differ from element to element, set in a way that the page's policy, which
 * forbids inline styles, allows.
 */

import { noChange } from "lit";
import { Directive, directive } from "lit/directive.js";

class Styled extends Directive {
  /** @type {Record<string, string>} */
  #known = {};

  /** @override @param {Record<string, string>} styles */
  render(styles) {
    return styles && noChange;
  }

  /**
   * @override
   * @param {import("lit/directive.js").ElementPart} part
   * @param {[Record<string, string>]} values
   */
  update({ element }, [styles]) {
    const { style } = /** @type {HTMLElement | SVGElement} */ (element);
    for (const [name, value] of Object.entries(styles)) {
      if (this.#known[name] !== value) style.setProperty(name, value);
    }
    this.#known = styles;
    return noChange;
  }
}

export const styled = directive(Styled);
