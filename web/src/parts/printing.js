/** Says on paper, where nothing goes on moving, when it was printed. */

import { shownMoment } from "../words/moments.js";

/** @param {HTMLElement} place */
export function tellWhenPrinted(place) {
  const tell = () => {
    place.textContent = `Printed ${shownMoment(Date.now())}`;
  };
  addEventListener("beforeprint", tell);
  // Some browsers tell of it in this way only.
  matchMedia("print").addEventListener("change", ({ matches }) => matches && tell());
}
