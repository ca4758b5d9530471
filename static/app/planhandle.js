// Handles of vertices on the map, large enough for whatever points at them.
import { el } from "./dom.js";

export const FINGER = matchMedia("(pointer: coarse)").matches;

/** An icon of a `kind` ("", "is-corner", "is-plus", "is-fixed"); `title` says what it is. */
export const handle = (kind, title) =>
  L.divIcon({
    className: `plan-handle ${kind}`,
    iconSize: FINGER ? [44, 44] : [24, 24],
    html: el("span", { title }),
  });
