/**
 * Keys and clicks in the tree, as the ARIA practices have them for a treegrid.
 *
 * Rows take the focus first; Right on an open row or a leaf enters its cells, Left in
 * the first cell leaves them. One element only can be reached by Tab.
 */

const TYPING_MS = 700;
const PAGE_ROWS = 10;

export class Keyboard {
  #grid;
  #onChoose;
  #typed = "";
  #typedAt = 0;

  /** `onChoose` is told the id of the goal whose row has the focus; Escape tells it null. */
  constructor(grid, onChoose) {
    this.#grid = grid;
    this.#onChoose = onChoose;
    const body = grid.table.tBodies[0];
    body.addEventListener("keydown", (event) => this.#pressed(event));
    body.addEventListener("click", (event) => this.#clicked(event));
    body.addEventListener("focusin", (event) => this.#focused(event.target));
  }

  #pressed(event) {
    if (event.altKey || event.metaKey) return;
    const place = this.#placeOf(event.target);
    if (!place) return;
    const handled = event.ctrlKey ? this.#withControl(event.key, place) : this.#plain(event.key, place);
    if (handled) event.preventDefault();
  }

  #placeOf(target) {
    const rows = this.#grid.rows;
    const element = target.closest("tr");
    const index = rows.findIndex((row) => row.element === element);
    if (index < 0) return null;
    const row = rows[index];
    return { rows, row, index, cell: row.cells.indexOf(target.closest("td")) };
  }

  #withControl(key, { rows, cell }) {
    if (key === "Home") return this.#go(rows[0], cell);
    if (key === "End") return this.#go(rows.at(-1), cell);
    return false;
  }

  #plain(key, place) {
    const { rows, row, index, cell } = place;
    switch (key) {
      case "ArrowDown":
        return this.#go(rows[index + 1] ?? row, cell);
      case "ArrowUp":
        return this.#go(rows[index - 1] ?? row, cell);
      case "PageDown":
        return this.#go(rows[Math.min(rows.length - 1, index + PAGE_ROWS)], cell);
      case "PageUp":
        return this.#go(rows[Math.max(0, index - PAGE_ROWS)], cell);
      case "Home":
        return cell < 0 ? this.#go(rows[0], -1) : this.#go(row, 0);
      case "End":
        return cell < 0 ? this.#go(rows.at(-1), -1) : this.#go(row, seenCells(row).at(-1));
      case "ArrowRight":
        return this.#right(row, cell);
      case "ArrowLeft":
        return this.#left(row, cell);
      case "Enter":
        return this.#toggle(row);
      case "Escape":
        this.#onChoose(null);
        return true;
      default:
        return key.length === 1 && this.#type(key, place);
    }
  }

  #right(row, cell) {
    if (cell < 0 && this.#grid.isParent(row.id) && !this.#grid.isOpen(row.id)) return this.#toggle(row);
    return this.#go(row, seenCells(row).find((one) => one > cell) ?? cell);
  }

  #left(row, cell) {
    if (cell >= 0) return this.#go(row, seenCells(row).findLast((one) => one < cell) ?? -1);
    if (this.#grid.isParent(row.id) && this.#grid.isOpen(row.id)) return this.#toggle(row);
    return this.#go(this.#rowAbove(row), -1);
  }

  #rowAbove(row) {
    const level = Number(row.element.getAttribute("aria-level"));
    const rows = this.#grid.rows;
    const above = rows
      .slice(0, rows.indexOf(row))
      .findLast((one) => Number(one.element.getAttribute("aria-level")) < level);
    return above ?? row;
  }

  #toggle(row) {
    if (!this.#grid.isParent(row.id)) return true;
    this.#grid.setOpen(row.id, !this.#grid.isOpen(row.id));
    return true;
  }

  /** Go to the next title that begins with what was typed within the last moment. */
  #type(key, { rows, index }) {
    const now = performance.now();
    const isFirst = now - this.#typedAt > TYPING_MS;
    // No title begins with a space; it scrolls the page, as everywhere.
    if (isFirst && key === " ") return false;
    this.#typed = isFirst ? key : this.#typed + key;
    this.#typedAt = now;
    const wanted = this.#typed.toLocaleLowerCase();
    const from = this.#typed.length === 1 ? index + 1 : index;
    const turned = [...rows.slice(from), ...rows.slice(0, from)];
    const found = turned.find((row) => row.title.toLocaleLowerCase().startsWith(wanted));
    return found ? this.#go(found, -1) : true;
  }

  #clicked(event) {
    const place = this.#placeOf(event.target);
    if (!place) return;
    if (event.target.closest(".twisty")) this.#toggle(place.row);
    place.row.element.focus({ preventScroll: true });
  }

  #go(row, cell) {
    const element = cell < 0 ? row.element : row.cells[cell];
    element.focus();
    return true;
  }

  #focused(target) {
    const body = this.#grid.table.tBodies[0];
    for (const former of body.querySelectorAll("[tabindex='0']")) former.tabIndex = -1;
    target.tabIndex = 0;
    this.#onChoose(target.closest("tr").dataset.goal);
  }
}

/** Return the places of the cells that this width of the window shows. */
function seenCells(row) {
  return row.cells.flatMap((cell, index) => (cell.checkVisibility() ? [index] : []));
}
