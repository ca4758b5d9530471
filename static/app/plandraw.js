// Drawing lines and areas: Geoman under the pointer and the finger, a cross under the arrow keys.
import { t } from "./i18n.js";
import { EDIT } from "./plangrids.js";
import { FINGER } from "./planhandle.js";
import { keyOf, nearest, snapped } from "./plantopology.js";

const SNAP = 9;
const STEP = 8;
const LINE = { color: EDIT, weight: 3 };

/** `on`: {drawn(coordinates), points(count)}. One drawing at a time. */
export class Drawing {
  constructor(grids, on) {
    this.grids = grids;
    this.map = grids.map;
    this.on = on;
    this.shape = "";
    this.map.pm.setGlobalOptions({
      snapDistance: SNAP,
      tooltips: false,
      allowSelfIntersection: true, // the server says where a line crosses itself
      exitModeOnEscape: false,
      finishOnEnter: false,
      templineStyle: LINE,
      hintlineStyle: { ...LINE, dashArray: "5 7" },
      pathOptions: { ...LINE, fillOpacity: 0.1 },
    });
    this.map.on("pm:create", ({ layer }) => this.made(layer));
    this.map.on("dblclick", () => this.finish());
    // A point lies where it is clicked, though the pointer was last seen elsewhere: Geoman takes the
    // edge that its mark was at, which stands in the middle until the pointer moves.
    this.map.on("preclick", (at) => this.shape && this.point(at));
    this.map.on("pm:drawstart", ({ workingLayer }) => {
      workingLayer.on("pm:vertexadded pm:vertexremoved", () => this.count());
    });
  }

  get active() {
    return this.shape !== "";
  }

  get tool() {
    return this.map.pm.Draw[this.shape];
  }

  /** Begin a "Line" or a "Polygon"; it snaps to the edges of `near`; the cross begins at `centre`. */
  start(shape, near, centre = null) {
    this.stop();
    for (const [code, layer] of this.grids.shapes) layer.options.snapIgnore = !near.includes(code);
    this.shape = shape;
    this.near = near;
    this.map.keyboard.disable(); // the arrows move the cross
    this.map.doubleClickZoom.disable();
    this.map.pm.enableDraw(shape);
    this.cross = centre ? this.map.latLngToContainerPoint(centre) : this.map.getSize().divideBy(2);
    this.steer(0, 0);
    this.count();
  }

  stop() {
    if (!this.shape) return;
    this.shape = "";
    this.map.pm.disableDraw();
    this.map.keyboard.enable();
    // The double click that finishes is still on its way to the map.
    setTimeout(() => this.shape || this.map.doubleClickZoom.enable(), 400);
  }

  points() {
    return this.shape ? this.tool._layer.getLatLngs().flat() : [];
  }

  count() {
    this.on.points(this.points().length);
  }

  get enough() {
    return this.points().length >= (this.shape === "Line" ? 2 : 3);
  }

  finish() {
    if (this.shape && this.enough) this.tool._finishShape();
  }

  back() {
    if (!this.shape) return;
    if (this.points().length > 1) this.tool._removeLastVertex();
    else this.start(this.shape, this.near);
    this.count();
  }

  /** Move the cross by steps of some pixels, the map along with it at its rim. */
  steer(dx, dy) {
    if (!this.shape) return;
    this.cross = this.cross.add([dx * STEP, dy * STEP]);
    const before = this.map.containerPointToLatLng(this.cross);
    this.map.panInside(before, { padding: [48, 48], animate: false });
    this.cross = this.map.latLngToContainerPoint(before);
    this.point();
  }

  /** Lead the mark of Geoman to a place; without one, to the cross. */
  point({ latlng, containerPoint } = this.crossed()) {
    this.map.fire("mousemove", { latlng, containerPoint });
  }

  crossed() {
    return { latlng: this.map.containerPointToLatLng(this.cross), containerPoint: this.cross };
  }

  /** A point where the cross is; the pointer's own clicks go to Geoman by themselves. */
  put() {
    if (!this.shape) return;
    this.map.fire("click", { ...this.crossed(), byKeyboard: true });
  }

  made(layer) {
    layer.remove();
    const { shape } = this;
    this.stop();
    const pixels = layer.getLatLngs().flat();
    const close = (a, b) => this.map.latLngToContainerPoint(a).distanceTo(this.map.latLngToContainerPoint(b)) < 3;
    const points = pixels.filter((at, i) => !i || !close(at, pixels[i - 1])).map(({ lng, lat }) => this.onto([lng, lat]));
    const line = points.filter((point, i) => !i || keyOf(point) !== keyOf(points[i - 1]));
    if (line.length < (shape === "Line" ? 2 : 3)) return;
    this.on.drawn(shape === "Line" ? line : [...line, line[0]]);
  }

  /** A drawn point on the lattice; exactly on a vertex of the plan when it lies within reach. */
  onto([x, y]) {
    const pixel = ([px, py]) => {
      const at = this.map.latLngToContainerPoint([py, px]);
      return [at.x, at.y];
    };
    const { topology } = this.grids;
    const points = topology.near([x, y, x, y]).flatMap((code) => topology.pieces.get(code).flat(2));
    const found = nearest(points.map(pixel), pixel([x, y]), SNAP);
    return found < 0 ? snapped([x, y]) : points[found];
  }

  words() {
    const n = this.points().length;
    if (!n) return FINGER ? t("Tap for the first point.") : t("Click for the first point.");
    if (!this.enough) return FINGER ? t("Tap for the next point.") : t("Click for the next point.");
    return FINGER ? t("Tap for more points, then Finish.") : t("Click for more points; double click or Enter finishes.");
  }
}
