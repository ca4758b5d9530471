// What protomaps-leaflet calls to draw: areas, lines, names, households, cases.
import { CASE, CASE_DARK, GREY, HATCH, INK, PAPER, RAMP, font } from "./palette.js";

const STATUS = { onTime: 1, dueSoon: 2, overdue: 3, never: 4 };
const CASES = { open: 1, overdue: 2 };

// Tiles are drawn at whole zooms and shrunk by the map in between: at 9.5 a tile of zoom 10 is
// shown at 0.7 of its size. What has a size on the screen is drawn larger by `screen.unit`.
export const screen = { unit: 1 };

function trace(ctx, geom) {
  ctx.beginPath();
  for (const ring of geom) {
    ring.forEach((point, i) => (i ? ctx.lineTo(point.x, point.y) : ctx.moveTo(point.x, point.y)));
  }
}

let hatch = null;
/** Grey slanted lines for "no data": 8 px wide, so that neighbouring tiles join. */
function hatching(ctx) {
  if (!hatch) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.fillStyle = HATCH.ground;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = HATCH.line;
    pen.lineWidth = 1.4;
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift, 8);
      pen.lineTo(shift + 8, 0);
    }
    pen.stroke();
    hatch = tile;
  }
  return ctx.createPattern(hatch, "repeat");
}

/** Areas filled by a table code -> class; areas that are not in it stay empty. */
export class AreaFill {
  constructor(look) {
    this.look = look; // {classes: Map(code -> place on the ramp | -1), base: whether pictures lie below}
  }

  draw(ctx, geom, _zoom, feature) {
    const found = this.look.classes.get(feature.props.code);
    if (found === undefined) return;
    trace(ctx, geom);
    // Over a base map the streets must be seen; else the colour is that of the legend.
    ctx.globalAlpha = this.look.base ? 0.65 : 1;
    ctx.fillStyle = found < 0 ? hatching(ctx) : RAMP[found];
    ctx.fill("evenodd");
    ctx.globalAlpha = 1;
  }
}

/** A veil over all areas but one, so that what lies in it stands out. */
export class Veil {
  constructor(look) {
    this.look = look; // {code}
  }

  draw(ctx, geom, _zoom, feature) {
    if (!this.look.code || feature.props.code === this.look.code) return;
    trace(ctx, geom);
    ctx.fillStyle = "rgba(242, 242, 239, 0.66)";
    ctx.fill("evenodd");
  }
}

/** Outlines of one area: `look` says which code, how wide and whether it is filled lightly. */
export class AreaLight {
  constructor(look) {
    this.look = look; // {code, width}
  }

  draw(ctx, geom, _zoom, feature) {
    if (!this.look.code || feature.props.code !== this.look.code) return;
    trace(ctx, geom);
    ctx.lineJoin = "round";
    ctx.strokeStyle = PAPER;
    ctx.lineWidth = (this.look.width + 3) * screen.unit;
    ctx.stroke();
    ctx.strokeStyle = INK;
    ctx.lineWidth = this.look.width * screen.unit;
    ctx.stroke();
  }
}

export const LINES = [
  { level: 3, width: (z) => (z >= 15 ? 1.2 : 0.7), color: "#8b979e" },
  { level: 2, width: (z) => (z >= 13 ? 1.4 : 0.8), color: "#7a878f", from: 11 },
  { level: 1, width: (z) => (z >= 12 ? 2.4 : 1.4), color: "#56646d" },
  { level: 0, width: (z) => (z >= 12 ? 3.2 : 2.4), color: "#27323a" },
];

class Line {
  constructor(spec) {
    this.spec = spec;
  }

  draw(ctx, geom, zoom) {
    trace(ctx, geom);
    ctx.lineJoin = ctx.lineCap = "round";
    ctx.strokeStyle = this.spec.color;
    ctx.lineWidth = this.spec.width(zoom) * screen.unit;
    ctx.stroke();
  }
}

/** Boundaries, thin ones first: county strong, township medium, village thin, grid a hair. */
export const lineRules = (source) =>
  LINES.map((spec) => ({
    dataSource: source,
    dataLayer: "lines",
    symbolizer: new Line(spec),
    minzoom: spec.from,
    filter: (_zoom, feature) => feature.props.level === spec.level,
  }));

// shifts: pixels below its place where a name may stand; only a township is large enough for some.
const LETTERS = [
  { level: 1, key: "township", size: 14, weight: 600, from: 0, shifts: [0, 10, -10, 20, -20, 30, -30] },
  { level: 2, key: "village", size: 13, weight: 400, from: 11, shifts: [0] },
  { level: 3, key: "grid", size: 12, weight: 400, from: 14, shifts: [0] },
];

/** A name with a halo, and below it the figure of the area where the list beside shows it too. */
class Name {
  constructor(spec, look) {
    this.spec = spec;
    this.look = look; // {figures: Map(code -> text), focus: Set of codes or null}
  }

  place(layout, geom, feature) {
    const { code, name } = feature.props;
    const figure = this.look.figures.get(code);
    const { unit } = screen;
    const lines = [[name || code, font(this.spec.weight, this.spec.size * unit)]];
    if (figure) lines.push([figure, font(400, 12 * unit)]);
    const step = 16 * unit;
    const width = Math.max(
      ...lines.map(([text, face]) => {
        layout.scratch.font = face;
        return layout.scratch.measureText(text).width;
      }),
    );
    const height = step * lines.length;
    const anchor = geom[0][0];
    const boxAt = (shift) => ({
      minX: anchor.x - width / 2 - 4 * unit,
      maxX: anchor.x + width / 2 + 4 * unit,
      minY: anchor.y + shift - height / 2 - 2 * unit,
      maxY: anchor.y + shift + height / 2 + 2 * unit,
    });
    const free = (box) => !this.look.blocked?.(box) && !layout.index.bboxCollides(box, layout.order);
    const shifts = this.look.shifts ?? this.spec.shifts;
    const shift = shifts.map((s) => s * unit).find((s) => free(boxAt(s)));
    if (shift === undefined) return undefined;
    const [ink, halo] = this.look.ink(code, this.spec.key);
    const draw = (ctx) => {
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.lineJoin = "round";
      lines.forEach(([text, face], i) => {
        const y = shift + (i - (lines.length - 1) / 2) * step;
        ctx.font = face;
        ctx.strokeStyle = halo;
        ctx.lineWidth = 3.5 * unit;
        ctx.strokeText(text, 0, y);
        ctx.fillStyle = ink;
        ctx.fillText(text, 0, y);
      });
    };
    // The library finds labels of other tiles by boxes around their anchors.
    return [
      {
        anchor,
        bboxes: [boxAt(shift)],
        draw,
        // A name near an edge comes with both tiles; the second must not take another place.
        deduplicationKey: code,
        deduplicationDistance: 96 * unit,
      },
    ];
  }
}

/** Names that do not collide, townships first; areas with a figure have theirs at every zoom. */
export const nameRules = (source, look) =>
  LETTERS.flatMap((spec) => {
    const rule = (figured, from) => ({
      dataSource: source,
      dataLayer: "names",
      symbolizer: new Name(spec, look),
      minzoom: from,
      filter: (_zoom, { props }) =>
        props.level === spec.level && look.figures.has(props.code) === figured && look.shows(props, spec),
    });
    return [rule(true, 0), rule(false, spec.from)];
  });

function disc(ctx, x, y, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
}

/** Colour of an overdue household: the longer the wait, the darker. */
export const waitColor = (days) => (days <= 14 ? "#4a8cc0" : days <= 28 ? "#23609e" : "#0f3763");

/**
 * One household at (x, y): on time a ring, due soon a ring with a dot, overdue a filled circle,
 * never visited a filled square. Open case: a mark at its shoulder; overdue case: with a bar.
 */
export function drawHousehold(ctx, x, y, status, days, cases, size) {
  ctx.lineWidth = 1.5;
  if (status === STATUS.never) {
    ctx.fillStyle = PAPER;
    ctx.fillRect(x - size - 1, y - size - 1, 2 * size + 2, 2 * size + 2);
    ctx.fillStyle = INK;
    ctx.fillRect(x - size, y - size, 2 * size, 2 * size);
  } else if (status === STATUS.overdue) {
    disc(ctx, x, y, size + 1);
    ctx.fillStyle = PAPER;
    ctx.fill();
    disc(ctx, x, y, size);
    ctx.fillStyle = waitColor(days);
    ctx.fill();
  } else {
    disc(ctx, x, y, size - 0.5);
    ctx.fillStyle = PAPER;
    ctx.fill();
    ctx.strokeStyle = GREY;
    ctx.stroke();
    if (status === STATUS.dueSoon) {
      disc(ctx, x, y, size / 2.6);
      ctx.fillStyle = GREY;
      ctx.fill();
    }
  }
  if (cases) drawCase(ctx, x + size, y - size, cases === CASES.overdue, size * 0.72);
}

/** One case: a disc; overdue: larger, darker, with a bar. */
export function drawCase(ctx, x, y, overdue, size) {
  const radius = overdue ? size + 1 : size;
  disc(ctx, x, y, radius + 1);
  ctx.fillStyle = PAPER;
  ctx.fill();
  disc(ctx, x, y, radius);
  ctx.fillStyle = overdue ? CASE_DARK : CASE;
  ctx.fill();
  if (overdue) {
    const thick = Math.max(1.4, radius * 0.42);
    ctx.fillStyle = PAPER;
    ctx.fillRect(x - radius * 0.62, y - thick / 2, radius * 1.24, thick);
  }
}

const householdSize = (zoom) => (zoom >= 17 ? 6.5 : zoom >= 16 ? 5.5 : zoom >= 15 ? 4.5 : zoom >= 14 ? 3.6 : 2.8);

class Household {
  draw(ctx, geom, zoom, feature) {
    const { s, d, c } = feature.props;
    const point = geom[0][0];
    drawHousehold(ctx, point.x, point.y, s, d ?? 0, c ?? 0, householdSize(zoom) * screen.unit);
  }
}

/** Households, the urgent ones last so that they lie on top. */
export const householdRules = (source) =>
  [
    (p) => p.s <= STATUS.dueSoon && !p.c,
    (p) => p.s >= STATUS.overdue && !p.c,
    (p) => p.c > 0,
  ].map((wanted) => ({
    dataSource: source,
    dataLayer: "households",
    symbolizer: new Household(),
    minzoom: 13,
    filter: (_zoom, feature) => wanted(feature.props),
  }));

class Case {
  draw(ctx, geom, zoom, feature) {
    const point = geom[0][0];
    const size = zoom >= 16 ? 6.5 : zoom >= 14 ? 5 : 4;
    drawCase(ctx, point.x, point.y, feature.props.s === 3, size * screen.unit);
  }
}

/** Open cases, overdue ones on top. */
export const caseRules = (source) =>
  [2, 3].map((status) => ({
    dataSource: source,
    dataLayer: "cases",
    symbolizer: new Case(),
    minzoom: 13,
    filter: (_zoom, feature) => feature.props.s === status,
  }));
