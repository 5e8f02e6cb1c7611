/**
 * Keys in the tree, as the ARIA practices have them for a treegrid.
 *
 * Rows take the focus first; Right on an open row or a leaf enters its cells, Left in
 * the first cell leaves them. What is asked for is answered as a place to go to.
 *
 * @typedef {import("./places.js").Place} Place
 * @typedef {{index: number, cell: number}} Spot A row, and a cell in it; -1: the row itself.
 */

const TYPING_MS = 700;
const PAGE_ROWS = 10;
// Actual, in progress, percentage.
const NUMBERS = [2, 3, 5];

export class Keys {
  #typed = "";
  #typedAt = 0;

  /**
   * Return where a key leads, what it does, or null where it is not ours.
   *
   * @param {KeyboardEvent} event
   * @param {Spot} spot
   * @param {Place[]} rows
   * @param {number[]} cells The cells that this width of the window shows.
   * @param {(id: string) => string} titleOf
   * @returns {Spot | "toggle" | "open" | "explain" | null}
   */
  pressed(event, spot, rows, cells, titleOf) {
    if (event.altKey || event.metaKey) return null;
    const last = rows.length - 1;
    const { index, cell } = spot;
    const row = rows[index];
    const to = (/** @type {number} */ wanted, at = cell) => ({ index: Math.min(last, Math.max(0, wanted)), cell: at });
    if (event.ctrlKey) {
      if (event.key === "Home") return to(0);
      return event.key === "End" ? to(last) : null;
    }
    switch (event.key) {
      case "ArrowDown":
        return to(index + 1);
      case "ArrowUp":
        return to(index - 1);
      case "PageDown":
        return to(index + PAGE_ROWS);
      case "PageUp":
        return to(index - PAGE_ROWS);
      case "Home":
        return cell < 0 ? to(0) : to(index, 0);
      case "End":
        return cell < 0 ? to(last) : to(index, cells.at(-1) ?? 0);
      case "ArrowRight":
        if (cell < 0 && row.isParent && !row.isOpen) return "toggle";
        return to(index, cells.find((one) => one > cell) ?? cell);
      case "ArrowLeft":
        if (cell >= 0) return to(index, cells.findLast((one) => one < cell) ?? -1);
        return row.isOpen ? "toggle" : to(above(rows, index), -1);
      case "Enter":
        return entered(row, cell);
      default:
        return event.key.length === 1 ? this.#type(event.key, index, rows, titleOf) : null;
    }
  }

  /**
   * Go to the next title that begins with what was typed within the last moment.
   *
   * @param {string} key
   * @param {number} index
   * @param {Place[]} rows
   * @param {(id: string) => string} titleOf
   * @returns {Spot | null}
   */
  #type(key, index, rows, titleOf) {
    const now = performance.now();
    const isFirst = now - this.#typedAt > TYPING_MS;
    // No title begins with a space; it scrolls the page, as everywhere. A slash searches.
    if (isFirst && (key === " " || key === "/")) return null;
    this.#typed = isFirst ? key : this.#typed + key;
    this.#typedAt = now;
    const wanted = this.#typed.toLocaleLowerCase();
    const from = this.#typed.length === 1 ? index + 1 : index;
    for (let step = 0; step < rows.length; step += 1) {
      const at = (from + step) % rows.length;
      if (!rows[at].isOwn && titleOf(rows[at].id).toLocaleLowerCase().startsWith(wanted)) return { index: at, cell: -1 };
    }
    return { index, cell: -1 };
  }
}

/**
 * Tell what Enter does: a title opens its goal, a number is explained, a parent's row
 * shows what is below it.
 *
 * @param {Place} row
 * @param {number} cell
 */
function entered(row, cell) {
  if (NUMBERS.includes(cell) || row.isOwn) return "explain";
  return cell !== 0 && row.isParent ? "toggle" : "open";
}

/**
 * @param {Place[]} rows
 * @param {number} index
 */
function above(rows, index) {
  const found = rows.slice(0, index).findLastIndex((row) => row.level < rows[index].level);
  return found < 0 ? index : found;
}
