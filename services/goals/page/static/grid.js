/**
 * The tree as a treegrid: which rows are seen, and in which order.
 *
 * A row keeps its element as long as its goal is seen, so that focus and the browser's
 * own state survive every change. Keys are in keyboard.js.
 */

import { Row } from "./row.js";

export class Grid {
  #body;
  #goals;
  #directory;
  #open = new Set();
  #known = new Set();
  #rows = new Map();
  #order = [];

  constructor(table, goals, directory) {
    this.table = table;
    this.#body = table.tBodies[0];
    this.#goals = goals;
    this.#directory = directory;
  }

  /** Return the rows that are seen now, from top to bottom. */
  get rows() {
    return this.#order;
  }

  rowOf(id) {
    return this.#rows.get(id);
  }

  isOpen(id) {
    return this.#open.has(id);
  }

  isParent(id) {
    return this.#goals.childrenOf(id).length > 0;
  }

  setOpen(id, isOpen) {
    if (isOpen) this.#open.add(id);
    else this.#open.delete(id);
    this.arrange();
  }

  openAll() {
    this.#open = new Set(this.#goals.parents());
    this.arrange();
  }

  closeAll() {
    this.#open.clear();
    this.arrange();
  }

  /** Bring rows into the places that their goals have now. */
  arrange() {
    this.#openNewRoots();
    const focused = this.#body.contains(document.activeElement) ? document.activeElement : null;
    const places = [];
    this.#walk(null, 1, places);
    const before = this.#rows;
    this.#rows = new Map();
    this.#order = places.map((place) => this.#rowAt(place, before));
    for (const row of before.values()) {
      if (!this.#rows.has(row.id)) row.element.remove();
    }
    this.#putInOrder();
    // An element that is moved loses the focus.
    if (focused?.isConnected && document.activeElement !== focused) focused.focus();
    this.#keepOneTabStop();
  }

  /** Show what these goals say now, as far as they are seen. */
  refresh(ids) {
    for (const id of ids) {
      const row = this.#rows.get(id);
      if (row) this.#show(row);
    }
  }

  refreshAll() {
    this.refresh(this.#rows.keys());
  }

  /** A root opens once, when it is first seen; afterwards people decide. */
  #openNewRoots() {
    for (const id of this.#goals.childrenOf(null)) {
      if (!this.#known.has(id)) this.#open.add(id);
      this.#known.add(id);
    }
  }

  #walk(parent, level, places) {
    const ids = this.#goals.childrenOf(parent);
    ids.forEach((id, index) => {
      places.push({ id, level, position: index + 1, siblings: ids.length });
      if (this.#open.has(id)) this.#walk(id, level + 1, places);
    });
  }

  #rowAt(place, before) {
    const row = before.get(place.id) ?? new Row(place.id);
    this.#rows.set(place.id, row);
    row.place({ ...place, isParent: this.isParent(place.id), isOpen: this.isOpen(place.id) });
    this.#show(row);
    return row;
  }

  #show(row) {
    const goal = this.#goals.get(row.id);
    row.show(goal, this.#goals.get(this.#goals.parentOf(row.id)), this.#directory);
  }

  #putInOrder() {
    let next = this.#body.firstElementChild;
    for (const { element } of this.#order) {
      if (element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(element, next);
    }
    this.table.setAttribute("aria-rowcount", this.#order.length + 1);
    this.#order.forEach(({ element }, index) => element.setAttribute("aria-rowindex", index + 2));
  }

  #keepOneTabStop() {
    if (!this.#body.querySelector("[tabindex='0']") && this.#order.length > 0) {
      this.#order[0].element.tabIndex = 0;
    }
  }
}
