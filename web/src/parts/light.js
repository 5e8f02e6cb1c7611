/**
 * What all our elements share: they render into the page itself, so that one style
 * sheet, printing and the reader's own tools reach everything.
 *
 * What the server drew into an element stays until the element has something to show.
 */

import { LitElement } from "lit";

export class LightElement extends LitElement {
  /** @override */
  createRenderRoot() {
    return this;
  }

  /** Tell whether there is something to show instead of what the server drew. */
  get isReady() {
    return true;
  }

  /** @override */
  shouldUpdate() {
    return this.isReady;
  }

  /** @override @param {import("lit").PropertyValues} changed */
  willUpdate(changed) {
    super.willUpdate(changed);
    if (!this.hasUpdated) this.replaceChildren();
  }
}
