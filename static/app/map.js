// The map as the pages use it: what is drawn, what is lit, what lies under the pointer.
import { say, hush } from "./api.js";
import { byId, eachFrame, settled } from "./dom.js";
import { t } from "./i18n.js";
import { nameInk } from "./palette.js";
import {
  AreaFill,
  AreaLight,
  householdRules,
  lineRules,
  nameRules,
  screen,
  Veil,
} from "./symbols.js";
import { dropOld, fitPixels, heal, pick, pickDeep, redraw, redrawLate, setArgs, takeOver } from "./tiles.js";

export const LAYER_OF = { township: "townships", village: "villages", grid: "grids", household: "grids" };
export const POINTS_FROM = 13;
export const REACH = 9;

/** Map, layers and panes, from what the map's own script handed over. */
export function openMap() {
  const { map, bounds, layers } = window.gisgridMap;
  L.control
    .zoom({ position: "topright", zoomInTitle: t("Zoom in"), zoomOutTitle: t("Zoom out") })
    .addTo(map);
  byId("map_gisgrid").setAttribute("role", "application");
  byId("map_gisgrid").setAttribute(
    "aria-label",
    t("Map. The list beside it holds the same areas and figures."),
  );
  const failed = (error) => say(error, () => (hush(), map.fire("gisgrid:again")));
  const sources = {};
  for (const [name, layer] of Object.entries(layers)) {
    sources[name] = takeOver(layer, failed);
    for (const { source } of Object.values(sources[name])) source.bounds = bounds;
  }
  // Paper has another shape than the screen; the page lays itself out anew, and the map with it.
  matchMedia("print").addEventListener("change", () => map.invalidateSize({ animate: false }));
  map.on("gisgrid:again", () => Object.values(layers).forEach(redraw));
  const unit = () => 2 ** (Math.round(map.getZoom()) - map.getZoom());
  const fitScreen = () => {
    screen.unit = unit();
    for (const layer of Object.values(layers)) fitPixels(layer, screen.unit);
  };
  fitScreen();
  map.on("zoomend", () => {
    dropOld(layers.marks);
    if (layers.light) dropOld(layers.light);
    if (unit() === screen.unit) return;
    fitScreen();
    Object.values(layers).forEach(redraw);
  });
  map.on("zoomend moveend", settled(() => Object.values(layers).forEach(heal), 600));
  return { map, layers, sources, base: map.getPane("background").childElementCount > 0 };
}

/** Pixels at the foot of the map that a phone's sheet covers. */
function covered(map) {
  const panel = byId("panel");
  if (!panel || !matchMedia("(max-width: 719px)").matches) return 0;
  return Math.min(panel.offsetHeight, map.getSize().y * 0.6);
}

/** Move the map, if it must, so that a place is seen beside the panel, at `zoom` or nearer. */
export function reveal(map, latlng, zoom) {
  const at = map.latLngToContainerPoint(latlng);
  const size = map.getSize();
  const foot = covered(map);
  const seen = at.x > 24 && at.x < size.x - 24 && at.y > 24 && at.y < size.y - foot - 24;
  if (seen && map.getZoom() >= zoom) return;
  centre(map, latlng, Math.max(map.getZoom(), zoom));
}

/** Move the map now, or when it has come to rest: while it zooms, Leaflet takes no other wish. */
const whenStill = (map, move) => (map._animatingZoom ? map.once("moveend", move) : move());

/** Put a place into the middle of what the panel leaves free. */
export function centre(map, latlng, zoom, { above = 0 } = {}) {
  const middle = map.project(latlng, zoom).add([0, (covered(map) - above) / 2]);
  whenStill(map, () => map.setView(map.unproject(middle, zoom), zoom));
}

/** Fit bounds [w, s, e, n] into what the panel leaves free. */
export function fit(map, bounds, { animate = true } = {}) {
  if (!bounds) return;
  const [west, south, east, north] = bounds;
  const box = [
    [south, west],
    [north, east],
  ];
  const how = {
    paddingTopLeft: [16, 16],
    paddingBottomRight: [16, covered(map) + 16],
    maxZoom: 17,
    animate: animate && !matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
  whenStill(map, () => map.fitBounds(box, how));
}

/** The coverage map. `on`: {hover(code, event), area(code), household(id, latlng)}. */
export class CoverageMap {
  constructor(on) {
    Object.assign(this, openMap());
    this.on = on;
    this.rows = new Map();
    this.look = { classes: new Map(), base: this.base };
    this.hovered = { code: "", width: 2 };
    this.selected = { code: "", width: 3 };
    this.names = {
      figures: new Map(),
      shows: (props, spec) => this.showsName(props, spec),
      ink: (code, level) => nameInk(level, this.look.classes.get(code), !this.inQuestion(code, level)),
    };
    this.child = "township";
    this.prepare();
    this.listen();
  }

  prepare() {
    const { areas, light, marks, points } = this.layers;
    light.views = areas.views;
    this.areaViews = areas.views;
    this.sources.light = this.sources.areas;
    marks.paintRules = lineRules("outlines");
    marks.labelRules = nameRules("outlines", this.names);
    points.paintRules = householdRules("households");
    marks.clearLayout();
    if (this.sources.points) this.sources.points.households.source.from = POINTS_FROM;
  }

  listen() {
    const { map } = this;
    const hover = eachFrame((event) => this.hoverAt(event));
    map.on("mousemove", hover);
    map.on("mouseout", () => this.on.hover(""));
    map.on("click", (event) => this.clickAt(event));
  }

  /** The title says already where one is; grids of other villages need no name. */
  showsName({ code }, { key }) {
    if (code === this.selected.code && this.child !== "household") return false;
    return key !== "grid" || this.child === "household" || this.rows.has(code);
  }

  inQuestion(code, level) {
    return this.rows.has(code) || code === this.selected.code || level !== this.child;
  }

  /** Draw an overview: its rows by `classes` (code -> class) with `figures` (code -> text). */
  show({ overview, classes, figures, asOf, restate, households }) {
    this.rows = new Map(overview.rows.map((row) => [row.code, row]));
    this.child = overview.child_level;
    this.area = overview.area?.level === "county" ? "" : overview.area?.code;
    this.look.classes = classes;
    this.names.figures = figures;
    const key = LAYER_OF[this.child];
    const own = LAYER_OF[overview.area?.level];
    this.selected.code = overview.area?.code ?? "";
    this.hovered.code = "";
    this.layers.areas.views = new Map([[key, this.areaViews.get(key)]]);
    const lit = new Map([[key, this.areaViews.get(key)]]);
    if (own) lit.set(own, this.areaViews.get(own));
    this.layers.light.views = lit;
    this.own = own && own !== key ? own : "";
    this.key = key;
    this.layers.areas.paintRules = [
      { dataSource: key, dataLayer: key, symbolizer: new AreaFill(this.look) },
    ];
    this.layers.light.paintRules = [
      this.child === "household" && {
        dataSource: key,
        dataLayer: key,
        symbolizer: new Veil(this.selected),
      },
      own && { dataSource: own, dataLayer: own, symbolizer: new AreaLight(this.selected) },
      { dataSource: key, dataLayer: key, symbolizer: new AreaLight(this.hovered) },
    ].filter(Boolean);
    const args = asOf ? { as_of: asOf } : {};
    const other = new Set();
    for (const [name, group] of Object.entries(this.sources)) {
      // Restated, households stand as on the day and the boundaries as today.
      const own = restate && name !== "points" ? {} : args;
      for (const item of Object.values(group)) if (setArgs(item, own)) other.add(name);
    }
    if (other.has("areas")) other.add("light"); // of the same tiles
    for (const [name, layer] of Object.entries(this.layers)) {
      if (name === "points" && !households) continue;
      if (!layer._map) layer.addTo(this.map);
      else if (other.has(name)) redrawLate(layer);
      else redraw(layer);
    }
  }

  /** Light an area, from the list or under the pointer. */
  light(code) {
    if (this.hovered.code === code) return;
    this.hovered.code = code;
    redraw(this.layers.light);
  }

  areaAt(latlng) {
    const zoom = this.map.getZoom();
    const view = this.areaViews.get(this.key);
    const hit = view && pick(view, latlng, zoom, 1).find((f) => this.drillable(f.props.code));
    if (hit) return hit.props.code;
    const own = this.own && pick(this.areaViews.get(this.own), latlng, zoom, 1)[0];
    return own && own.props.code !== this.selected.code ? own.props.code : "";
  }

  drillable(code) {
    return this.rows.has(code) || (this.child === "household" && code !== this.selected.code);
  }

  householdsAt(latlng) {
    const view = this.layers.points._map && this.layers.points.views.get("households");
    if (!view || Math.round(this.map.getZoom()) < POINTS_FROM) return [];
    return pick(view, latlng, this.map.getZoom(), REACH);
  }

  hoverAt(event) {
    const point = this.householdsAt(event.latlng).length > 0;
    const code = point ? "" : this.areaAt(event.latlng);
    this.map.getContainer().classList.toggle("is-pointing", point || code !== "");
    this.on.hover(code, event.containerPoint);
  }

  async clickAt(event) {
    const near = this.householdsAt(event.latlng);
    if (near.length) {
      let found = near.find((feature) => feature.props.id);
      if (!found) {
        const view = this.layers.points.views.get("households");
        const deep = await pickDeep(view, event.latlng, this.map.getZoom(), REACH);
        found = deep.find((feature) => feature.props.id);
      }
      if (found) this.on.household(String(found.props.id), event.latlng);
      return;
    }
    const code = this.areaAt(event.latlng);
    if (code) this.on.area(code);
  }
}
