// Steps that are not saved yet, where they were drawn: dashed on the map until they are answered.
import { nameAndCode } from "./planfigures.js";
import { EDIT, latLngs } from "./plangrids.js";
import { keyOf } from "./plantopology.js";

const LOOK = { color: EDIT, weight: 3, dashArray: "8 6", interactive: false, pmIgnore: true, snapIgnore: true, pane: "shadowPane" };
const at = ([x, y]) => [y, x];

export class Pending {
  constructor(grids) {
    this.grids = grids;
    this.shapes = L.layerGroup().addTo(grids.map);
  }

  show(queue) {
    this.shapes.clearLayers();
    for (const made of queue) for (const shape of this.drawn(made)) this.shapes.addLayer(shape);
  }

  /** What a step drew; of one that drew nothing the outlines of its grids. */
  drawn({ body }) {
    const { line, area, lasso, moves = [], insert = [], remove = [] } = body;
    const ring = area ?? lasso;
    const drawn = [
      ...(line ? [L.polyline(line.coordinates.map(at), LOOK)] : []),
      ...(ring ? [L.polygon(ring.coordinates[0].map(at), { ...LOOK, fillOpacity: 0.08 })] : []),
      ...moves.map(({ from, to }) => L.polyline([from, to].map(at), LOOK)),
      ...insert.map(({ between, at: to }) => L.polyline([between[0], to, between[1]].map(at), LOOK)),
      ...remove.map((point) => L.circleMarker(at(point), { ...LOOK, radius: 8, fill: false })),
    ];
    if (drawn.length) return drawn;
    const pieces = this.codes({ body }).map((code) => this.grids.topology.pieces.get(code)).filter(Boolean);
    return pieces.map((piece) => L.polygon(latLngs(piece), { ...LOOK, fill: false }));
  }

  /** The grids that a step is about. */
  codes({ body: { codes, code, to, moves = [], insert = [], remove = [] } }) {
    if (codes ?? code ?? to) return codes ?? [code ?? to];
    const { topology } = this.grids;
    const corners = [...moves.map(({ from }) => from), ...remove].flatMap((point) => topology.codesAt(keyOf(point)));
    return [...new Set([...corners, ...insert.flatMap(({ between }) => topology.edgeCodes(...between.map(keyOf)))])];
  }

  /** Those grids as people know them. */
  named(made) {
    return this.codes(made).map((code) => nameAndCode(this.grids.name(code), code)).join(" + ");
  }

  /** {place, codes} of a step, to go there; null where the map has nothing of it. */
  where(made) {
    const box = this.drawn(made).reduce((all, shape) => all.extend(shape.getBounds?.() ?? [shape.getLatLng()]), L.latLngBounds([]));
    if (!box.isValid()) return null;
    const { lng, lat } = box.getCenter();
    return { place: [lng, lat], codes: this.codes(made) };
  }
}
