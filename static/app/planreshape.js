// Reshape: corners under the mouse, the finger and the keyboard; neighbours follow while they move.
import { eachFrame } from "./dom.js";
import { t, tn } from "./i18n.js";
import { FINGER, handle } from "./planhandle.js";
import { keyOf, nearest, snapped } from "./plantopology.js";

const APART = FINGER ? 40 : 22; // pixels between handles, so that each can be hit
const SNAP = 9;
const REACH = FINGER ? 22 : 9; // how near to an edge a new vertex is offered
const STEP = 2;

/** `on`: {moving(edit, point, broken), done(edit), shown()}. */
export class Reshape {
  constructor(grids, on) {
    this.grids = grids;
    this.map = grids.map;
    this.on = on;
    this.handles = L.layerGroup();
    this.vertices = []; // {point, key, codes, corner, marker}
    this.current = -1;
    this.code = "";
    this.held = null; // {from, snaps} while a vertex is dragged
    this.nudged = null; // where the keyboard has moved the current vertex to
    this.plus = null;
    this.refresh = () => this.show(this.code);
    this.follow = eachFrame((event) => this.offer(event.latlng));
    this.drawFrame = eachFrame((edit, at) => this.preview(edit, at));
  }

  start(code) {
    this.handles.addTo(this.map);
    this.map.on("zoomend moveend", this.refresh);
    if (!FINGER) this.map.on("mousemove", this.follow);
    this.show(code);
  }

  stop() {
    this.map.off("zoomend moveend", this.refresh);
    this.map.off("mousemove", this.follow);
    this.release();
    this.empty();
    this.handles.remove();
    this.code = "";
  }

  empty() {
    this.handles.clearLayers();
    this.plus = null;
    this.vertices = [];
    this.current = -1;
  }

  get busy() {
    return this.held !== null || this.nudged !== null;
  }

  pixel([x, y]) {
    const at = this.map.latLngToContainerPoint([y, x]);
    return [at.x, at.y];
  }

  place(latlng) {
    return snapped([latlng.lng, latlng.lat]);
  }

  /** Handles for the vertices of a grid that the map shows: corners first, others where there is room. */
  show(code) {
    if (this.held) return;
    const keep = this.vertices[this.current]?.key;
    this.empty();
    this.code = this.grids.rows.has(code) ? code : "";
    if (!this.code) return;
    const { topology } = this.grids;
    const seen = this.map.getBounds();
    const taken = [];
    const wanted = topology.pieces
      .get(this.code)
      .flat(2)
      .filter(([x, y]) => seen.contains([y, x]))
      .map((point) => ({ point, key: keyOf(point), corner: topology.isCorner(keyOf(point)) }));
    wanted.sort((a, b) => b.corner - a.corner);
    for (const vertex of wanted) {
      const at = this.pixel(vertex.point);
      if (!vertex.corner && nearest(taken, at, APART) >= 0) continue;
      taken.push(at);
      this.add({ ...vertex, codes: topology.codesAt(vertex.key) });
    }
    const again = this.vertices.findIndex((vertex) => vertex.key === keep);
    if (again >= 0) this.select(again);
  }

  add(vertex) {
    const [x, y] = vertex.point;
    const fixed = vertex.codes.some((code) => !this.grids.rows.get(code)?.editable);
    const names = vertex.codes.map((code) => this.grids.name(code)).join(", ");
    const kind = fixed ? "is-fixed" : vertex.corner ? "is-corner" : "";
    const marker = L.marker([y, x], {
      icon: handle(kind, fixed ? t("%(names)s: not yours to change", { names }) : names),
      draggable: !fixed,
      keyboard: false,
      autoPan: true,
      zIndexOffset: vertex.corner ? 1000 : 0,
    });
    const index = this.vertices.push({ ...vertex, marker, fixed }) - 1;
    marker.on("click", () => this.select(index));
    marker.on("dragstart", () => this.grab(index));
    marker.on("drag", () => this.drag(marker));
    marker.on("dragend", () => this.drop(marker));
    this.handles.addLayer(marker);
  }

  // The pointer ---------------------------------------------------------------------------------

  grab(index) {
    this.select(index);
    this.take(this.vertices[index].point);
  }

  /** Remember from where, and what a moved vertex may snap to: vertices of the grids around. */
  take(from, edit = (to) => ({ moves: [{ from, to }] })) {
    const { topology } = this.grids;
    const key = keyOf(from);
    const [x, y] = from;
    const around = this.map.getBounds();
    const wide = (around.getEast() - around.getWest()) / 6;
    const points = topology
      .near([x - wide, y - wide, x + wide, y + wide])
      .flatMap((code) => topology.pieces.get(code).flat(2))
      .filter((point) => keyOf(point) !== key);
    this.held = { from, edit, points, pixels: points.map((point) => this.pixel(point)) };
  }

  drag(marker) {
    const at = marker.getLatLng();
    const near = nearest(this.held.pixels, this.pixel([at.lng, at.lat]), SNAP);
    const to = near < 0 ? this.place(at) : this.held.points[near];
    this.held.to = to;
    this.drawFrame(this.held.edit(to), to);
  }

  preview(edit, at) {
    if (!this.busy) return;
    const changed = this.grids.topology.after(edit);
    const broken = this.grids.topology.breaks(changed, [at]);
    this.grids.preview(changed);
    this.on.moving(edit, this.map.latLngToContainerPoint([at[1], at[0]]), broken);
  }

  drop(marker) {
    const { from, to, edit } = this.held;
    this.held = null;
    if (!to || keyOf(from) === keyOf(to)) {
      marker.setLatLng([from[1], from[0]]);
      this.grids.settle();
      return;
    }
    marker.setLatLng([to[1], to[0]]);
    this.finish(edit(to));
  }

  finish(edit) {
    this.nudged = null;
    this.grids.preview(this.grids.topology.after(edit));
    this.on.done(edit);
  }

  /** Let go of what is being moved. */
  release() {
    const busy = this.busy;
    this.held = null;
    this.nudged = null;
    this.grids.settle();
    if (busy) this.show(this.code);
    return busy;
  }

  // A new vertex on an edge ---------------------------------------------------------------------

  /** The nearest place on an edge of the grid: {at, between}; null beyond reach or at a handle. */
  edgeAt(latlng) {
    const p = this.pixel([latlng.lng, latlng.lat]);
    const best = this.code ? this.grids.topology.nearestEdge(this.code, (at) => this.pixel(at), p, REACH) : null;
    const codes = best ? this.grids.topology.edgeCodes(...best.between.map(keyOf)) : [];
    const free = best && codes.every((code) => this.grids.rows.get(code)?.editable);
    const handles = this.vertices.map((vertex) => this.pixel(vertex.point));
    return free && nearest(handles, p, FINGER ? 20 : 11) < 0 ? best : null;
  }

  offer(latlng) {
    if (this.busy) return;
    const found = this.edgeAt(latlng);
    if (!found) {
      this.plus?.remove();
      this.plus = null;
      return;
    }
    const at = [found.at[1], found.at[0]];
    if (this.plus) this.plus.setLatLng(at);
    else this.plus = this.plusAt(at);
    this.plus.found = found;
  }

  plusAt(at) {
    const marker = L.marker(at, {
      icon: handle("is-plus", t("Drag to add a vertex")),
      draggable: true,
      keyboard: false,
      zIndexOffset: 500,
    });
    marker.on("dragstart", () => {
      const { at: from, between } = marker.found;
      this.take(from, (to) => ({ insert: [{ between, at: to }] }));
    });
    marker.on("drag", () => this.drag(marker));
    marker.on("dragend", () => this.drop(marker));
    marker.on("click", () => this.finish({ insert: [marker.found] }));
    return marker.addTo(this.handles);
  }

  /** A tap beside the handles: true when it put a vertex on an edge. */
  tap(latlng) {
    const found = this.edgeAt(latlng);
    if (found) this.finish({ insert: [found] });
    return found !== null;
  }

  // The keyboard --------------------------------------------------------------------------------

  select(index) {
    this.vertices[this.current]?.marker.getElement()?.classList.remove("is-current");
    this.current = index;
    const vertex = this.vertices[index];
    vertex?.marker.getElement()?.classList.add("is-current");
    this.on.shown();
  }

  /** The vertex after (1) or before (-1) the current one, in the order of the grid's edge. */
  step(by) {
    if (!this.vertices.length || this.held) return;
    if (this.nudged) this.release();
    const order = this.grids.topology.pieces.get(this.code).flat(2).map(keyOf);
    const ranked = this.vertices
      .map((vertex, index) => [order.indexOf(vertex.key), index])
      .sort((a, b) => a[0] - b[0])
      .map(([, index]) => index);
    const at = ranked.indexOf(this.current);
    this.select(ranked[(at + by + ranked.length) % ranked.length]);
    const [x, y] = this.vertices[this.current].point;
    this.map.panInside([y, x], { padding: [40, 40] });
  }

  /** Move the current vertex by pixels; Enter (`commit`) makes it an edit. */
  nudge(dx, dy) {
    const vertex = this.vertices[this.current];
    if (!vertex || vertex.fixed || this.held) return;
    const from = this.nudged?.to ?? vertex.point;
    const [x, y] = this.pixel(from);
    const to = this.place(this.map.containerPointToLatLng([x + dx * STEP, y + dy * STEP]));
    this.nudged = { from: vertex.point, to };
    vertex.marker.setLatLng([to[1], to[0]]);
    this.drawFrame({ moves: [{ from: vertex.point, to }] }, to);
  }

  commit() {
    if (!this.nudged) return false;
    const { from, to } = this.nudged;
    this.finish({ moves: [{ from, to }] });
    return true;
  }

  remove() {
    const vertex = this.vertices[this.current];
    if (!vertex || vertex.fixed || this.busy) return;
    this.finish({ remove: [vertex.point] });
  }

  /** What the current vertex is, in words. */
  words() {
    const vertex = this.vertices[this.current];
    if (!vertex) return "";
    const names = vertex.codes.map((code) => this.grids.name(code)).join(", ");
    return vertex.corner
      ? tn("Corner of %(n)s grid: %(names)s", "Corner of %(n)s grids: %(names)s", vertex.codes.length, { n: vertex.codes.length, names })
      : t("Vertex on the edge of %(names)s", { names });
  }
}
