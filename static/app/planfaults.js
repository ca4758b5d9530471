// Faults where they are: the grid outlined in red, one sentence, a button that zooms there.
import { byId, el } from "./dom.js";
import { number } from "./format.js";
import { t, tn } from "./i18n.js";
import { centre, fit } from "./map.js";
import { measured } from "./planfigures.js";
import { FAULT, sidesOf } from "./plangrids.js";

const LEAST_ZOOM = 14;
const MOST_ZOOM = 17;
const ROWS_MOST = 20; // of one box; the marks on the map are of all

export class Faults {
  constructor(grids) {
    this.grids = grids;
    this.marks = L.layerGroup().addTo(grids.map);
  }

  /** Bring a fault into view with its grids around it, as near as helps and no nearer. */
  goTo({ place, codes = [] }) {
    const { map } = this.grids;
    const box = this.grids.bounds(codes);
    if (!place) return box.isValid() && fit(map, sidesOf(box));
    const wide = box.isValid() ? map.getBoundsZoom(box.extend([place[1], place[0]])) : map.getZoom();
    return centre(map, [place[1], place[0]], Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, wide)), { above: this.above });
  }

  /** Pixels of the map under the box, where it is nearly as wide as the map. */
  get above() {
    const box = byId("faults");
    return box.offsetWidth > this.grids.map.getSize().x * 0.7 ? box.offsetTop + box.offsetHeight : 0;
  }

  /**
   * Paint the faults of a refused edit and say them; `title` says what was refused. `allow`: {key,
   * why, button, again} makes it again with what the planner may allow. `named`: say the grids of each
   * too, where what was refused does not name them.
   */
  show(title, faults, { allow = null, named = false } = {}) {
    this.clear();
    this.grids.fault(faults.flatMap((fault) => fault.codes ?? []));
    for (const { place } of faults) {
      if (!place) continue;
      const ring = (color, weight) =>
        L.circleMarker([place[1], place[0]], { pane: "shadowPane", radius: 14, color, weight, fill: false, interactive: false });
      this.marks.addLayer(ring("#ffffff", 7)).addLayer(ring(FAULT, 3.5));
    }
    const rest = faults.length - ROWS_MOST;
    const box = byId("faults");
    box.replaceChildren(
      el("p", { class: "faults-title" }, title),
      el(
        "ul",
        {},
        faults.slice(0, ROWS_MOST).map((fault) =>
          el(
            "li",
            {},
            el("span", {}, named && fault.codes?.length ? el("b", {}, this.names(fault.codes), " ") : null, measured(fault.sentence, fault.size, fault.unit)),
            fault.place || fault.codes?.length
              ? el("button", { type: "button", class: "button small", onclick: () => this.goTo(fault) }, t("Show where"))
              : null,
          ),
        ),
      ),
      rest > 0 ? el("p", { class: "quiet" }, tn("and %(n)s more", "and %(n)s more", rest, { n: number(rest) })) : "",
      allow ? this.allowing(allow) : "",
      el("button", { type: "button", class: "icon-button", "aria-label": t("Close"), onclick: () => this.clear() }, "×"),
    );
    box.hidden = false;
    document.body.classList.add("has-faults");
  }

  /** Grids as the map names them, each with its code. */
  names(codes) {
    return codes.map((code) => [...new Set([this.grids.name(code), code])].join(" ")).join(", ");
  }

  allowing({ key, why, button, again }) {
    const done = () => {
      this.clear();
      again();
    };
    return el(
      "p",
      { class: "faults-allow" },
      el("span", {}, why),
      el("button", { type: "button", class: "button small", "data-allow": key, onclick: done }, button),
    );
  }

  get shown() {
    return !byId("faults").hidden;
  }

  clear() {
    this.marks.clearLayers();
    this.grids.fault([]);
    byId("faults").hidden = true;
    document.body.classList.remove("has-faults");
  }
}
