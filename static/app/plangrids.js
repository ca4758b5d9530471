// The draft's grids on the map: polygons on one canvas, of which only those that change are redrawn.
import { INK } from "./palette.js";
import { LINES } from "./symbols.js";
import { Topology, boundsOf, keyOf, meet, ringsOf } from "./plantopology.js";

export const EDIT = "#6a3d9a";
export const FAULT = "#b3161d";

const LOOKS = {
  plain: { color: "#4c5a63", weight: 1.2, dashArray: null, fillColor: "#ffffff", fillOpacity: 0 },
  fixed: { color: "#a3adb3", weight: 1, dashArray: null, fillColor: "#dcdcd6", fillOpacity: 0.6 },
  changed: { color: "#4c5a63", weight: 1.4, dashArray: null, fillColor: EDIT, fillOpacity: 0.12 },
  chosen: { color: EDIT, weight: 3, dashArray: null, fillColor: EDIT, fillOpacity: 0.22 },
  fault: { color: FAULT, weight: 4, dashArray: "8 5", fillColor: FAULT, fillOpacity: 0.12 },
};

const BORDER = LINES.find(({ level }) => level === 0);

const latLng = ([x, y]) => L.latLng(y, x);
export const latLngs = (pieces) => pieces.map((piece) => piece.map((ring) => ring.map(latLng)));

/** GeoJSON's [w, s, e, n] as Leaflet has it, and back. */
export const boxOf = ([west, south, east, north]) =>
  L.latLngBounds([south, west], [north, east]);
export const sidesOf = (box) => [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];

const boundsOfMap = (map) => sidesOf(map.getBounds());

export class Grids {
  constructor(map) {
    this.map = map;
    this.topology = new Topology();
    this.rows = new Map(); // code -> properties, as the server has them
    this.shapes = new Map(); // code -> L.Polygon
    this.renderer = L.canvas({ pane: "areas", padding: 0.2 });
    this.ghostRenderer = L.canvas({ pane: "light", padding: 0.2 });
    this.ghosts = L.layerGroup().addTo(map);
    this.rims = L.layerGroup().addTo(map);
    this.chosen = new Set();
    this.faulty = new Set();
    this.lit = "";
    this.off = new Map(); // code -> pieces shown instead of the truth while something is dragged
  }

  /** Take features as the truth; codes in `gone` are there no longer. */
  take(features, gone = []) {
    for (const code of gone) this.drop(code);
    for (const { properties, geometry } of features) {
      const { code } = properties;
      this.rows.set(code, properties);
      this.topology.put(code, geometry);
      this.draw(code, this.topology.pieces.get(code));
    }
  }

  drop(code) {
    this.topology.drop(code);
    this.rows.delete(code);
    this.shapes.get(code)?.remove();
    this.shapes.delete(code);
    this.chosen.delete(code);
    this.faulty.delete(code);
  }

  clear() {
    for (const code of [...this.rows.keys()]) this.drop(code);
  }

  draw(code, pieces) {
    const shape = this.shapes.get(code);
    if (shape) {
      shape.setLatLngs(latLngs(pieces)).setStyle(this.look(code));
      return;
    }
    const made = L.polygon(latLngs(pieces), {
      renderer: this.renderer,
      pane: "areas",
      interactive: false,
      smoothFactor: 0.4,
      pmIgnore: false, // lines that are drawn snap to it
      ...this.look(code),
    });
    this.shapes.set(code, made.addTo(this.map));
  }

  look(code) {
    if (this.faulty.has(code)) return LOOKS.fault;
    const row = this.rows.get(code);
    const own = this.chosen.has(code)
      ? LOOKS.chosen
      : row.changed
        ? LOOKS.changed
        : row.editable
          ? LOOKS.plain
          : LOOKS.fixed;
    return code === this.lit ? { ...own, weight: own.weight + 1.5, color: INK } : own;
  }

  restyle(codes) {
    for (const code of codes) {
      const shape = this.shapes.get(code);
      if (!shape) continue;
      shape.setStyle(this.look(code));
      if (this.chosen.has(code) || this.faulty.has(code) || code === this.lit) shape.bringToFront();
    }
  }

  choose(codes) {
    const before = this.chosen;
    this.chosen = new Set(codes);
    this.restyle([...before, ...this.chosen]);
  }

  light(code) {
    const before = this.lit;
    if (before === code) return;
    this.lit = code;
    this.restyle([before, code]);
  }

  fault(codes) {
    const before = this.faulty;
    this.faulty = new Set(codes.filter((code) => this.rows.has(code)));
    this.restyle([...before, ...this.faulty]);
  }

  /** Show grids as an edit would leave them; the truth stays what it is. */
  preview(changed) {
    for (const code of this.off.keys()) {
      if (!changed.has(code)) this.draw(code, this.topology.pieces.get(code));
    }
    for (const [code, pieces] of changed) this.shapes.get(code)?.setLatLngs(latLngs(pieces));
    this.off = changed;
  }

  /** Back to the truth. */
  settle() {
    for (const code of this.off.keys()) {
      if (this.topology.pieces.has(code)) this.draw(code, this.topology.pieces.get(code));
    }
    this.off = new Map();
  }

  /** The lines of before that are no lines any more, of grids as they were. */
  ghost(features) {
    this.ghosts.clearLayers();
    const options = { renderer: this.ghostRenderer, pane: "light", interactive: false, snapIgnore: true, pmIgnore: true, smoothFactor: 0.4 };
    const seen = boundsOfMap(this.map);
    const drawn = new Set();
    for (const { geometry } of features) {
      const pieces = ringsOf(geometry);
      if (!meet(boundsOf(pieces), seen)) continue; // what is now there is not loaded
      for (const line of this.topology.lost(pieces)) {
        const name = [line, line.slice().reverse()].map((way) => way.map(keyOf).join(" ")).sort()[0];
        if (drawn.has(name)) continue; // two neighbours had it
        drawn.add(name);
        const at = line.map(latLng);
        this.ghosts.addLayer(L.polyline(at, { ...options, color: "#ffffff", weight: 4, opacity: 0.85 }));
        this.ghosts.addLayer(L.polyline(at, { ...options, color: INK, weight: 1.6, dashArray: "5 5" }));
      }
    }
    document.body.classList.toggle("has-ghosts", drawn.size > 0);
  }

  /** The outer border of the plan where the draft has moved it, as strong as it is elsewhere. */
  rim(codes, features) {
    this.rims.clearLayers();
    const look = { color: BORDER.color, weight: BORDER.width(this.map.getZoom()), renderer: this.ghostRenderer, pane: "light", interactive: false, snapIgnore: true, pmIgnore: true, smoothFactor: 0.4 };
    const before = features.map(({ geometry }) => ringsOf(geometry));
    for (const line of this.topology.rim(codes, before)) this.rims.addLayer(L.polyline(line.map(latLng), look));
  }

  at(latlng) {
    return this.topology.at([latlng.lng, latlng.lat]);
  }

  name(code) {
    return this.rows.get(code)?.name || code;
  }

  bounds(codes) {
    const boxes = codes.filter((code) => this.topology.boxes.has(code)).map((code) => boxOf(this.topology.boxes.get(code)));
    return boxes.reduce((all, box) => all.extend(box), L.latLngBounds([]));
  }

  /** Codes that the map shows now, by code. */
  inView() {
    return this.topology.near(sidesOf(this.map.getBounds())).sort();
  }
}
