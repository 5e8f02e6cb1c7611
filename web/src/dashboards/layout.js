/**
 * Arranging tiles: every function returns sections anew and leaves the given ones alone.
 *
 * @typedef {{kind: string, width: number} & Record<string, any>} Tile
 * @typedef {{title: string, tiles: Tile[]}} Section
 * @typedef {{section: number, tile: number}} Spot
 */

export const COLUMNS = 12;

/** @param {Section[]} sections @param {number} at @param {(tiles: Tile[]) => Tile[]} change */
function withTiles(sections, at, change) {
  return sections.map((section, index) => (index === at ? { ...section, tiles: change([...section.tiles]) } : section));
}

/** @param {Section[]} sections @param {number} at @param {Tile} tile */
export function added(sections, at, tile) {
  return withTiles(sections, at, (tiles) => [...tiles, tile]);
}

/** @param {Section[]} sections @param {Spot} spot */
export function removed(sections, { section, tile }) {
  return withTiles(sections, section, (tiles) => tiles.filter((_, index) => index !== tile));
}

/** @param {Section[]} sections @param {Spot} spot @param {Record<string, any>} changes */
export function changed(sections, { section, tile }, changes) {
  return withTiles(sections, section, (tiles) => tiles.map((one, index) => (index === tile ? { ...one, ...changes } : one)));
}

/** Make a tile wider or narrower, within the grid. @param {Section[]} sections @param {Spot} spot @param {number} by */
export function resized(sections, spot, by) {
  const { width } = sections[spot.section].tiles[spot.tile];
  return changed(sections, spot, { width: Math.min(COLUMNS, Math.max(1, width + by)) });
}

/**
 * Return where a tile goes: to another place in its section, or into another section.
 * Null: there is no such place.
 *
 * @param {Section[]} sections
 * @param {Spot} spot
 * @param {"left" | "right" | "up" | "down"} way
 * @returns {Spot | null}
 */
export function placeOf(sections, { section, tile }, way) {
  if (way === "left") return tile > 0 ? { section, tile: tile - 1 } : null;
  if (way === "right") return tile < sections[section].tiles.length - 1 ? { section, tile: tile + 1 } : null;
  const other = section + (way === "up" ? -1 : 1);
  if (other < 0 || other >= sections.length) return null;
  return { section: other, tile: way === "up" ? sections[other].tiles.length : 0 };
}

/**
 * Return where a tile goes that is dropped beside another one, or into a section without
 * any. Null: it is there already.
 *
 * @param {Spot} from
 * @param {{section: number, tile: number | null, side: string}} over
 * @returns {Spot | null}
 */
export function droppedAt(from, { section, tile, side }) {
  const isBehind = side === "after" || side === "below";
  const place = (tile ?? 0) + (tile !== null && isBehind ? 1 : 0);
  if (section !== from.section) return { section, tile: place };
  // Its own place is free by then.
  const left = place > from.tile ? place - 1 : place;
  return left === from.tile ? null : { section, tile: left };
}

/** @param {Section[]} sections @param {Spot} from @param {Spot} to */
export function moved(sections, from, to) {
  const tile = sections[from.section].tiles[from.tile];
  return withTiles(removed(sections, from), to.section, (tiles) => tiles.toSpliced(to.tile, 0, tile));
}
