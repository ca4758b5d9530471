// Names and household counts inside the grids, where they fit.
import { font } from "./palette.js";
import { number } from "./format.js";

const FROM_ZOOM = 14;
const LEAST_HIGH = 52; // pixels; in a lower grid a name would hide the households

/** The middle of the widest stretch of an area at half its height: [x, y, width] in degrees. */
export function widest(pieces, [, south, , north]) {
  const y = (south + north) / 2;
  const hits = [];
  for (const ring of pieces.flat()) {
    ring.forEach(([xi, yi], i) => {
      const [xj, yj] = ring[(i + 1) % ring.length];
      if (yi > y !== yj > y) hits.push(xi + ((y - yi) / (yj - yi)) * (xj - xi));
    });
  }
  hits.sort((a, b) => a - b);
  let best = [0, y, 0];
  for (let i = 0; i + 1 < hits.length; i += 2) {
    const width = hits[i + 1] - hits[i];
    if (width > best[2]) best = [(hits[i] + hits[i + 1]) / 2, y, width];
  }
  return best;
}

/** A canvas above the map that writes a line or two into each grid of `grids`. */
export const Names = L.Layer.extend({
  initialize(grids) {
    this.grids = grids;
    this.shows = (row) => number(row.households);
  },

  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide plan-names");
    map.getPane("marks").append(this.canvas);
    map.on("moveend zoomend resize", this.draw, this);
    this.draw();
  },

  onRemove(map) {
    this.canvas.remove();
    map.off("moveend zoomend resize", this.draw, this);
  },

  draw() {
    const map = this._map;
    if (!map) return;
    const size = map.getSize();
    const ratio = Math.max(1, window.devicePixelRatio || 1);
    this.canvas.width = size.x * ratio;
    this.canvas.height = size.y * ratio;
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    if (map.getZoom() < FROM_ZOOM) return;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    for (const code of this.grids.inView()) this.write(pen, code);
  },

  write(pen, code) {
    const { topology, rows } = this.grids;
    const pieces = this.grids.off.get(code) ?? topology.pieces.get(code);
    const [x, y, width] = widest(pieces, topology.boxes.get(code));
    const at = this._map.latLngToContainerPoint([y, x]);
    const room = this._map.latLngToContainerPoint([y, x + width / 2]).x - at.x;
    const box = topology.boxes.get(code);
    const high = this._map.latLngToContainerPoint([box[1], x]).y - this._map.latLngToContainerPoint([box[3], x]).y;
    if (high < LEAST_HIGH) return;
    const row = rows.get(code);
    const lines = [
      [row.name || code, font(400, 12)],
      [this.shows(row), font(600, 12)],
    ];
    lines.forEach(([text, face], i) => {
      pen.font = face;
      if (pen.measureText(text).width / 2 + 6 > room) return;
      const down = at.y + (i - 0.5) * 16;
      pen.strokeStyle = "rgba(255, 255, 255, 0.9)";
      pen.lineWidth = 3.5;
      pen.strokeText(text, at.x, down);
      pen.fillStyle = row.editable ? "#2c3944" : "#6f7c84";
      pen.fillText(text, at.x, down);
    });
  },
});
