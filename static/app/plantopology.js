// A plan as rings of shared corners. Pure: no map, no page, no server.
//
// A place is named by its key, its coordinates on the lattice of 1e-7 degrees. Grids that touch have
// the same vertices along the edge they share, so that whatever is done to a key is done in all of
// them at once: neighbours follow, and no gap or overlap can appear between them.

const STEPS = 1e7;
const ASIDE = 2.5; // steps of the lattice that a vertex on a slanted edge may lie beside it

export const onLattice = (value) => Math.round(value * STEPS) / STEPS;
export const snapped = ([x, y]) => [onLattice(x), onLattice(y)];
export const keyOf = ([x, y]) => `${Math.round(x * STEPS)},${Math.round(y * STEPS)}`;

const placeOf = (key) => key.split(",").map((step) => Number(step) / STEPS);

/** GeoJSON of an area -> [[ring of [x, y], not closed], holes…] for each of its pieces. */
export function ringsOf(geometry) {
  const pieces = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return pieces.map((piece) => piece.map((ring) => ring.slice(0, -1)));
}

/** Whether a point lies in the area of some pieces (even-odd; on the edge either way). */
export function holds(pieces, [x, y]) {
  let inside = false;
  for (const ring of pieces.flat()) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}

/** [w, s, e, n] of some pieces. */
export function boundsOf(pieces) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const piece of pieces) {
    for (const [x, y] of piece[0]) {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
  }
  return box;
}

export const meet = (a, b) => a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];

/** Of `candidates` ([x, y] in pixels), the nearest to `point` within `reach`; -1 for none. */
export function nearest(candidates, [x, y], reach) {
  let found = -1;
  let best = reach * reach;
  candidates.forEach(([cx, cy], i) => {
    const d = (cx - x) ** 2 + (cy - y) ** 2;
    if (d <= best) [best, found] = [d, i];
  });
  return found;
}

/** The place on the segment a-b nearest to p, and how far along it lies (0 to 1). */
export function onSegment(a, b, p) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const long = dx * dx + dy * dy;
  const along = long ? Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / long)) : 0;
  return { at: [a[0] + along * dx, a[1] + along * dy], along };
}

const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) * STEPS;

/** Whether a place lies on an edge, but for what rounding to the lattice sets it aside. */
const beside = (a, b, p) => apart(onSegment(a, b, p).at, p) < ASIDE;

const side = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

/** Whether two segments cross in their middles; those that share an end do not. */
export const cross = (a, b, c, d) =>
  side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;

export class Topology {
  constructor() {
    this.pieces = new Map(); // code -> pieces
    this.boxes = new Map(); // code -> [w, s, e, n]
    this.places = new Map(); // key -> [{code, ring, i}]
  }

  put(code, geometry) {
    this.drop(code);
    const pieces = ringsOf(geometry);
    this.pieces.set(code, pieces);
    this.boxes.set(code, boundsOf(pieces));
    for (const ring of pieces.flat()) {
      ring.forEach((point, i) => {
        const key = keyOf(point);
        const here = this.places.get(key);
        if (here) here.push({ code, ring, i });
        else this.places.set(key, [{ code, ring, i }]);
      });
    }
  }

  drop(code) {
    for (const ring of this.pieces.get(code)?.flat() ?? []) {
      for (const point of ring) {
        const key = keyOf(point);
        const rest = this.places.get(key)?.filter((place) => place.code !== code) ?? [];
        if (rest.length) this.places.set(key, rest);
        else this.places.delete(key);
      }
    }
    this.pieces.delete(code);
    this.boxes.delete(code);
  }

  /** The codes that have a vertex here, each once. */
  codesAt(key) {
    return [...new Set((this.places.get(key) ?? []).map((place) => place.code))];
  }

  /** Keys that edges lead to from here. */
  around(key) {
    const found = new Set();
    for (const { ring, i } of this.places.get(key) ?? []) {
      found.add(keyOf(ring[(i + 1) % ring.length]));
      found.add(keyOf(ring[(i - 1 + ring.length) % ring.length]));
    }
    return found;
  }

  /** A corner is where three or more edges meet; between corners two grids share one edge. */
  isCorner(key) {
    return this.around(key).size > 2;
  }

  /** The grid that holds a place; on an edge one of the two. "" for none. */
  at([x, y]) {
    for (const [code, box] of this.boxes) {
      if (x < box[0] || x > box[2] || y < box[1] || y > box[3]) continue;
      if (holds(this.pieces.get(code), [x, y])) return code;
    }
    return "";
  }

  /** Codes whose bounds meet a box. */
  near(box) {
    return [...this.boxes].filter(([, own]) => meet(own, box)).map(([code]) => code);
  }

  /** Codes that share at least one whole edge with a grid. */
  neighbours(code) {
    const found = new Set();
    for (const ring of this.pieces.get(code)?.flat() ?? []) {
      ring.forEach((a, i) => {
        for (const other of this.edgeCodes(keyOf(a), keyOf(ring[(i + 1) % ring.length]))) found.add(other);
      });
    }
    found.delete(code);
    return [...found].sort();
  }

  /** The codes that have the edge between two keys. */
  edgeCodes(a, b) {
    const found = new Set();
    for (const { code, ring, i } of this.places.get(a) ?? []) {
      const next = keyOf(ring[(i + 1) % ring.length]);
      const last = keyOf(ring[(i - 1 + ring.length) % ring.length]);
      if (next === b || last === b) found.add(code);
    }
    return [...found];
  }

  /**
   * Whether grids still have an edge between two places, straight but for vertices that were put
   * on it since (rounding to the lattice may set them a step aside).
   */
  runs(a, b) {
    const [from, end] = [keyOf(a), keyOf(b)];
    let [at, gone] = [from, 0];
    while (at !== end) {
      let next = null;
      for (const key of this.around(at)) {
        const { at: near, along } = onSegment(a, b, placeOf(key));
        const aside = apart(near, placeOf(key));
        if (along > gone && aside < ASIDE && (!next || along > next.along)) next = { key, along };
      }
      if (!next) return false;
      [at, gone] = [next.key, next.along];
    }
    return true;
  }

  /** Of the edges of some pieces, as lines [place, …], those that no grid has any more. */
  lost(pieces) {
    const lines = [];
    for (const ring of pieces.flat()) {
      let line = null;
      ring.forEach((a, i) => {
        const b = ring[(i + 1) % ring.length];
        if (this.runs(a, b)) line = null;
        else if (line) line.push(b);
        else lines.push((line = [a, b]));
      });
    }
    return lines;
  }

  /**
   * The edges of some grids that nobody shares and that run along no edge of `before` (a list of
   * pieces), as lines [place, …]: where the footprint has come to end.
   */
  rim(codes, before) {
    const old = before.flat(2).flatMap((ring) => ring.map((a, i) => [a, ring[(i + 1) % ring.length]]));
    const known = new Set(old.flatMap(([a, b]) => [keyOf(a) + keyOf(b), keyOf(b) + keyOf(a)]));
    const stood = (a, b) => known.has(keyOf(a) + keyOf(b)) || old.some(([c, d]) => beside(c, d, a) && beside(c, d, b));
    const lines = [];
    for (const ring of codes.flatMap((code) => this.pieces.get(code)?.flat() ?? [])) {
      let line = null;
      ring.forEach((a, i) => {
        const b = ring[(i + 1) % ring.length];
        if (this.edgeCodes(keyOf(a), keyOf(b)).length > 1 || stood(a, b)) line = null;
        else if (line) line.push(b);
        else lines.push((line = [a, b]));
      });
    }
    return lines;
  }

  /** The edges that two grids share: [[a, b], …]; none when they do not touch along an edge. */
  shared(one, other) {
    const found = [];
    for (const ring of this.pieces.get(one)?.flat() ?? []) {
      ring.forEach((a, i) => {
        const b = ring[(i + 1) % ring.length];
        if (this.edgeCodes(keyOf(a), keyOf(b)).includes(other)) found.push([a, b]);
      });
    }
    return found;
  }

  /**
   * The place on an edge of a grid nearest to `p`, within reach: {between: [a, b], at}; null for
   * none. `project` turns places into the pixels that `p` and `reach` are in.
   */
  nearestEdge(code, project, p, reach) {
    let [best, nearer] = [null, reach];
    for (const ring of this.pieces.get(code)?.flat() ?? []) {
      ring.forEach((a, i) => {
        const b = ring[(i + 1) % ring.length];
        const { at, along } = onSegment(project(a), project(b), p);
        const far = Math.hypot(at[0] - p[0], at[1] - p[1]);
        if (far > nearer || along < 0.02 || along > 0.98) return;
        const place = [0, 1].map((axis) => a[axis] + along * (b[axis] - a[axis]));
        [best, nearer] = [{ between: [a, b], at: snapped(place) }, far];
      });
    }
    return best;
  }

  /**
   * What grids look like after an edit, without doing it: Map code -> pieces, for those it touches.
   * edit: {moves: [{from, to}], insert: [{between: [a, b], at}], remove: [place]}, as the server
   * takes it. A place that is in no grid, or an edge that none has, changes nothing.
   */
  after({ moves = [], insert = [], remove = [] }) {
    const to = new Map(moves.map((move) => [keyOf(move.from), move.to]));
    const gone = new Set(remove.map(keyOf));
    const codes = new Set([...to.keys(), ...gone].flatMap((key) => this.codesAt(key)));
    const added = new Map();
    for (const { between, at } of insert) {
      const [a, b] = between.map(keyOf);
      added.set(`${a} ${b}`, at).set(`${b} ${a}`, at);
      for (const code of this.edgeCodes(a, b)) codes.add(code);
    }
    const changed = (ring) =>
      ring.flatMap((point, i) => {
        const key = keyOf(point);
        const extra = added.size ? added.get(`${key} ${keyOf(ring[(i + 1) % ring.length])}`) : undefined;
        const own = gone.has(key) ? [] : [to.get(key) ?? point];
        return extra ? [...own, extra] : own;
      });
    return new Map([...codes].map((code) => [code, this.pieces.get(code).map((piece) => piece.map(changed))]));
  }

  /** Whether, in `changed` (as from `after`), an edge at one of the places crosses another. */
  breaks(changed, places) {
    const keys = new Set(places.map(keyOf));
    const edges = [];
    const moved = [];
    for (const ring of [...changed.values()].flat(2)) {
      ring.forEach((a, i) => {
        const b = ring[(i + 1) % ring.length];
        edges.push([a, b]);
        if (keys.has(keyOf(a)) || keys.has(keyOf(b))) moved.push([a, b]);
      });
    }
    return moved.some(([a, b]) => edges.some(([c, d]) => cross(a, b, c, d)));
  }
}
