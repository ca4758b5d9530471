// A drawing that was refused: it stays on the map, each of its points to be moved, and is tried again.
import { t } from "./i18n.js";
import { EDIT } from "./plangrids.js";
import { handle } from "./planhandle.js";
import { keyOf } from "./plantopology.js";

const STEP = 2; // pixels that an arrow key moves a point
const ROOM = 56; // pixels between two points before a handle for a new one fits

/** `on`: {onto([x, y]) -> the place that a point snaps to, changed()}. */
export class Kept {
  constructor(map, on) {
    Object.assign(this, { map, on });
    this.shapes = L.layerGroup();
    this.redraw = () => this.show();
    this.points = [];
    this.current = -1;
    this.work = null; // what the drawing was for
  }

  get active() {
    return this.work !== null;
  }

  get closed() {
    return this.work.shape === "Polygon";
  }

  get least() {
    return this.closed ? 3 : 2;
  }

  /** The points as they were drawn: a ring ends where it began. */
  get coordinates() {
    return this.closed ? [...this.points, this.points[0]] : this.points;
  }

  /** work: {shape: "Line" or "Polygon", coordinates, …}. */
  start(work) {
    this.work = work;
    this.points = work.shape === "Polygon" ? work.coordinates.slice(0, -1) : work.coordinates.slice();
    this.current = -1;
    this.shapes.addTo(this.map);
    this.map.on("zoomend", this.redraw);
    this.show();
  }

  stop() {
    if (!this.work) return;
    this.work = null;
    this.points = [];
    this.map.off("zoomend", this.redraw);
    this.shapes.clearLayers().remove();
  }

  latLngs() {
    return this.points.map(([x, y]) => [y, x]);
  }

  show() {
    this.shapes.clearLayers();
    const look = { color: EDIT, weight: 3, dashArray: "8 6", interactive: false, pmIgnore: true, pane: "shadowPane" };
    this.line = this.closed ? L.polygon(this.latLngs(), { ...look, fillOpacity: 0.08 }) : L.polyline(this.latLngs(), look);
    this.shapes.addLayer(this.line);
    this.markers = this.points.map((point, i) => this.vertex(point, i));
    const last = this.closed ? this.points.length : this.points.length - 1;
    for (let i = 0; i < last; i++) this.between(i);
    this.mark();
  }

  marker([x, y], kind, title) {
    const made = L.marker([y, x], { icon: handle(kind, title), draggable: true, keyboard: false, autoPan: true, zIndexOffset: 2000 });
    this.shapes.addLayer(made);
    return made;
  }

  vertex(point, i) {
    const made = this.marker(point, "is-kept", t("Point %(n)s of the drawing", { n: i + 1 }));
    made.on("click", () => this.select(i));
    this.follow(made, i);
    return made;
  }

  /** Dragging a handle moves point `i`, onto a vertex of the plan that is near. */
  follow(made, i, begin = () => {}) {
    made.on("dragstart", () => {
      begin();
      this.current = i;
      this.mark();
    });
    made.on("drag", () => {
      const { lng, lat } = made.getLatLng();
      this.points[i] = this.on.onto([lng, lat]);
      this.line.setLatLngs(this.latLngs());
    });
    made.on("dragend", () => {
      this.show();
      this.on.changed();
    });
  }

  /** A handle in the middle of a long stretch, for one point more. */
  between(i) {
    const [a, b] = [this.points[i], this.points[(i + 1) % this.points.length]];
    const pixel = ([x, y]) => this.map.latLngToContainerPoint([y, x]);
    if (pixel(a).distanceTo(pixel(b)) < ROOM) return;
    const middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const made = this.marker(middle, "is-plus", t("Drag to add a point"));
    const add = () => {
      this.points.splice(i + 1, 0, middle);
    };
    this.follow(made, i + 1, add);
    made.on("click", () => {
      add();
      this.current = i + 1;
      this.show();
      this.on.changed();
    });
  }

  select(i) {
    this.current = i;
    this.mark();
    this.on.changed();
  }

  mark() {
    this.markers.forEach((made, i) => made.getElement()?.classList.toggle("is-current", i === this.current));
  }

  // The keyboard --------------------------------------------------------------------------------

  step(by) {
    const n = this.points.length;
    this.select((this.current + by + n) % n);
    const [x, y] = this.points[this.current];
    this.map.panInside([y, x], { padding: [40, 40] });
  }

  nudge(dx, dy) {
    if (this.current < 0) return;
    const [x, y] = this.points[this.current];
    const at = this.map.latLngToContainerPoint([y, x]).add([dx * STEP, dy * STEP]);
    const { lng, lat } = this.map.containerPointToLatLng(at);
    this.points[this.current] = [lng, lat];
    this.map.panInside([lat, lng], { padding: [40, 40], animate: false });
    this.show();
    this.on.changed();
  }

  get removable() {
    return this.current >= 0 && this.points.length > this.least;
  }

  remove() {
    if (!this.removable) return;
    this.points.splice(this.current, 1);
    this.current = -1;
    this.show();
    this.on.changed();
  }

  /** What is drawn now, each point where it snaps to and none twice. */
  drawn() {
    const points = this.points.map((point) => this.on.onto(point));
    this.points = points.filter((point, i) => !i || keyOf(point) !== keyOf(points[i - 1]));
    return this.points.length < this.least ? null : this.coordinates;
  }

  words() {
    return this.current < 0
      ? t("It was refused. Move its points, then try again.")
      : t("Point %(n)s of %(all)s of the drawing.", { n: this.current + 1, all: this.points.length });
  }
}
