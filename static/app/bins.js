// Where cases are dense they are counted: rings of one size class a count, the dark part overdue.
import { el } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";

const CELL = 72; // pixels: a ring of 46 and room for a name

const sizeOf = (n) => (n < 10 ? 28 : n < 100 ? 34 : n < 1000 ? 40 : 46);

/** Cells whose rings would overlap are counted together, small ones into large ones. */
function apart(cells, unit) {
  const kept = [];
  for (const cell of cells.sort((a, b) => b.n - a.n)) {
    const near = kept.find((other) => {
      const apartBy = Math.hypot(other.x / other.n - cell.x / cell.n, other.y / other.n - cell.y / cell.n);
      return apartBy < ((sizeOf(other.n) + sizeOf(cell.n)) / 2) * unit;
    });
    if (near) for (const key of ["n", "o", "x", "y"]) near[key] += cell[key];
    else kept.push(cell);
  }
  return kept;
}

/** Rings on a map for the bins of a view of tiles. `open(bounds)` goes nearer. */
export class Bins {
  constructor({ map, view, below, open, drawn, know, inside }) {
    this.map = map;
    this.view = view;
    this.below = below; // zoom from which single points are drawn instead
    this.open = open;
    this.drawn = drawn; // told the boxes that the rings cover
    this.know = know; // fetches what `inside` needs for a tile
    this.inside = inside; // whether cases at a place count
    this.group = L.layerGroup().addTo(map);
    this.turn = 0;
  }

  /** Count anew for what the map shows. */
  async draw() {
    this.turn += 1;
    const mine = this.turn;
    const zoom = Math.round(this.map.getZoom());
    this.cell = CELL * 2 ** (zoom - this.map.getZoom());
    if (zoom >= this.below) return this.put([]);
    const cells = new Map();
    const seen = this.map.getBounds();
    const from = this.map.project(seen.getNorthWest(), zoom).divideBy(256).floor();
    const to = this.map.project(seen.getSouthEast(), zoom).divideBy(256).floor();
    const asked = [];
    for (let x = from.x; x <= to.x; x += 1) {
      for (let y = from.y; y <= to.y; y += 1) asked.push({ z: zoom, x, y });
    }
    const tiles = await Promise.all(
      asked.map(async (at) => {
        try {
          const [data] = await Promise.all([this.view.tileCache.get(at), this.know(at)]);
          return { at, data };
        } catch {
          return null; // said elsewhere; the other tiles count
        }
      }),
    );
    if (mine !== this.turn) return undefined;
    for (const tile of tiles) if (tile) this.collect(cells, tile);
    return this.put(apart([...cells.values()], this.cell / CELL));
  }

  /** Put rings in the place of those before; they stay where the counts are the same. */
  put(cells) {
    const zoom = Math.round(this.map.getZoom());
    const picture = JSON.stringify([zoom, this.cell, cells]);
    if (picture === this.picture) return;
    this.picture = picture;
    const held = this.group.getLayers().find((marker) => marker.getElement() === document.activeElement);
    this.group.clearLayers();
    const boxes = [];
    const unit = this.cell / CELL;
    for (const cell of cells) {
      this.group.addLayer(this.ring(cell));
      const [x, y, half] = [cell.x / cell.n, cell.y / cell.n, (sizeOf(cell.n) / 2) * unit];
      boxes.push({ minX: x - half, maxX: x + half, minY: y - half, maxY: y + half });
    }
    if (held) this.focusNear(held.getLatLng());
    this.drawn(boxes);
  }

  /** Who walks the rings by keyboard goes on at the nearest one, on the map where there is none. */
  focusNear(at) {
    const away = (marker) => this.map.distance(marker.getLatLng(), at);
    const [near] = this.group.getLayers().sort((a, b) => away(a) - away(b));
    (near?.getElement() ?? this.map.getContainer()).focus({ preventScroll: true });
  }

  collect(cells, { at, data }) {
    for (const feature of data.get("bins") ?? []) {
      const { n, o = 0 } = feature.props;
      const { x, y } = feature.geom[0][0];
      // The buffer of a tile repeats its neighbour's bins.
      if (x < 0 || y < 0 || x >= 256 || y >= 256) continue;
      const px = at.x * 256 + x;
      const py = at.y * 256 + y;
      if (!this.inside(this.map.unproject([px, py], at.z))) continue;
      const key = `${Math.floor(px / this.cell)}:${Math.floor(py / this.cell)}`;
      const cell = cells.get(key) ?? { n: 0, o: 0, x: 0, y: 0 };
      cell.n += n;
      cell.o += o;
      cell.x += px * n;
      cell.y += py * n;
      cells.set(key, cell);
    }
  }

  ring({ n, o, x, y }) {
    const at = this.map.unproject([x / n, y / n], Math.round(this.map.getZoom()));
    const size = sizeOf(n);
    const text = t("%(n)s open cases, %(o)s overdue; go nearer", { n: number(n), o: number(o) });
    const body = el(
      "span",
      { class: "bin", vars: { "--size": `${size}px`, "--part": `${((o / n) * 100).toFixed(1)}%` } },
      el("b", {}, number(n)),
    );
    const marker = L.marker(at, {
      icon: L.divIcon({ html: body, className: "bin-marker", iconSize: [size, size] }),
      title: text,
      alt: text,
    });
    marker.on("add", () => marker.getElement().setAttribute("aria-label", text));
    marker.on("click keypress", (event) => {
      if (event.type === "keypress" && event.originalEvent.key !== "Enter") return;
      this.open(at);
    });
    return marker;
  }
}
