// Faults where they are: the grid outlined in red, one sentence, a button that zooms there.
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";
import { fit } from "./map.js";
import { FAULT, sidesOf } from "./plangrids.js";

/** Where a fault lies on the map: its place, else its grids, else nowhere. */
function goTo(grids, fault) {
  if (fault.place) {
    grids.map.setView([fault.place[1], fault.place[0]], Math.max(grids.map.getZoom(), 17));
    return;
  }
  const box = grids.bounds(fault.codes ?? []);
  if (box.isValid()) fit(grids.map, sidesOf(box));
}

export class Faults {
  constructor(grids) {
    this.grids = grids;
    this.marks = L.layerGroup().addTo(grids.map);
  }

  /** Paint the faults of a refused edit and say them; `title` says what was refused. */
  show(title, faults) {
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
            el("span", {}, fault.sentence),
            fault.place || fault.codes?.length
              ? el("button", { type: "button", class: "button small", onclick: () => goTo(this.grids, fault) }, t("Show where"))
              : null,
          ),
        ),
      ),
      el("button", { type: "button", class: "icon-button", "aria-label": t("Close"), onclick: () => this.clear() }, "×"),
    );
    box.hidden = false;
  }

  get shown() {
    return !byId("faults").hidden;
  }

  clear() {
    this.marks.clearLayers();
    this.grids.fault([]);
    byId("faults").hidden = true;
  }
}
