// Faults where they are: the grid outlined in red, one sentence, a button that zooms there.
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";
import { centre, fit } from "./map.js";
import { measured } from "./planfigures.js";
import { FAULT, sidesOf } from "./plangrids.js";

const LEAST_ZOOM = 14;
const MOST_ZOOM = 17;

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
    return centre(map, [place[1], place[0]], Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, wide)));
  }

  /**
   * Paint the faults of a refused edit and say them; `title` says what was refused. `allow`: {key,
   * why, button, again} makes it again with what the planner may allow.
   */
  show(title, faults, allow = null) {
    this.clear();
    this.grids.fault(faults.flatMap((fault) => fault.codes ?? []));
    for (const { place } of faults) {
      if (!place) continue;
      const ring = (color, weight) =>
        L.circleMarker([place[1], place[0]], { pane: "shadowPane", radius: 14, color, weight, fill: false, interactive: false });
      this.marks.addLayer(ring("#ffffff", 7)).addLayer(ring(FAULT, 3.5));
    }
    const box = byId("faults");
    box.replaceChildren(
      el("p", { class: "faults-title" }, title),
      el(
        "ul",
        {},
        faults.map((fault) =>
          el(
            "li",
            {},
            el("span", {}, measured(fault.sentence, fault.size, fault.unit)),
            fault.place || fault.codes?.length
              ? el("button", { type: "button", class: "button small", onclick: () => this.goTo(fault) }, t("Show where"))
              : null,
          ),
        ),
      ),
      allow ? this.allowing(allow) : "",
      el("button", { type: "button", class: "icon-button", "aria-label": t("Close"), onclick: () => this.clear() }, "×"),
    );
    box.hidden = false;
    document.body.classList.add("has-faults");
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
