/**
 * The icicle: a goal as wide as its target, its children side by side below it.
 *
 * Children share their parent's width by their targets. What they do not take up stays
 * empty; where they add up to more than the parent's target, all are narrowed alike.
 *
 * @typedef {{id: string, target: number, children: Branch[]}} Branch
 * @typedef {{id: string, parent: string | null, depth: number, x: number, width: number}} Cell
 *   Places are in percent of the whole width.
 */

import { hierarchy, partition } from "d3-hierarchy";
import { nothing, svg } from "lit";

export const CELL_HEIGHT = 44;

/**
 * Place branches side by side, each above its children.
 *
 * @param {Branch[]} branches
 * @returns {Cell[]}
 */
export function placed(branches) {
  /** @type {import("d3-hierarchy").HierarchyNode<Branch>} */
  const root = hierarchy({ id: "", target: 0, children: branches }, ({ children }) => children);
  const wanted = new Map();
  root.eachAfter((node) => wanted.set(node, wantedBy(node, wanted)));
  root.eachBefore((node) => {
    const { parent } = node;
    const room = parent ? Math.max(wanted.get(parent), sumOf(parent, wanted)) : 0;
    const share = parent && room ? ((parent.value ?? 0) * wanted.get(node)) / room : 0;
    Object.assign(node, { value: parent ? share : wanted.get(node) });
  });
  const laid = partition()(/** @type {import("d3-hierarchy").HierarchyNode<any>} */ (root));
  return laid
    .descendants()
    .filter(({ parent, value }) => parent && value)
    .map(({ data, parent, depth, x0, x1 }) => ({
      id: data.id,
      parent: parent?.data.id || null,
      depth: depth - 1,
      x: x0 * 100,
      width: (x1 - x0) * 100,
    }));
}

/**
 * Draw one goal of an icicle: filled as far as it has come, hatched where that is not known.
 *
 * @param {Cell} cell
 * @param {{title: string, words: string, share: number | null, pace: number | null}} shown
 */
export function cellOf({ width }, { title, words, share, pace }) {
  const filled = `${Math.min(100, Math.max(0, (share ?? 0) * 100)).toFixed(2)}%`;
  const tick = `${(Math.min(1, pace ?? 0) * 100).toFixed(2)}%`;
  return svg`<rect class="track" width="100%" height="100%"></rect>
    ${share === null ? svg`<rect class="hatched" width="100%" height="100%"></rect>` : nothing}
    <rect class="attained" width=${filled} height="100%"></rect>
    <rect class="actual" width=${filled} y=${CELL_HEIGHT - 5} height="4"></rect>
    ${pace === null ? nothing : svg`<svg x=${tick} width="1" overflow="visible"><rect class="pace" x="-1" y=${CELL_HEIGHT - 9} width="2" height="9"></rect></svg>`}
    ${width > 2 ? svg`<text x="7" y="16" class="title">${title}</text><text x="7" y="32">${words}</text>` : nothing}
    <rect class="edge" width="100%" height="100%"></rect>`;
}

/** Draw what fills of unknown share are hatched with. */
export function hatching() {
  return svg`<defs><pattern id="hatching" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <rect class="hatch" width="1.5" height="6"></rect></pattern></defs>`;
}

/**
 * @param {import("d3-hierarchy").HierarchyNode<Branch>} node
 * @param {Map<object, number>} wanted
 */
function wantedBy(node, wanted) {
  return node.data.target > 0 ? node.data.target : sumOf(node, wanted);
}

/**
 * @param {import("d3-hierarchy").HierarchyNode<Branch>} node
 * @param {Map<object, number>} wanted
 */
function sumOf(node, wanted) {
  return (node.children ?? []).reduce((sum, child) => sum + (wanted.get(child) ?? 0), 0);
}
