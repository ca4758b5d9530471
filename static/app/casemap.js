// The case map: which cases are drawn, what is veiled, what lies under the pointer.
import { eachFrame } from "./dom.js";
import { LAYER_OF, POINTS_FROM, REACH, openMap } from "./map.js";
import { nameInk } from "./palette.js";
import { AreaLight, Veil, caseRules, lineRules, nameRules } from "./symbols.js";
import { pick, pickDeep, redraw, setArgs } from "./tiles.js";

/** The case map's tiles and boundaries; the counts where cases are dense are the page's. */
export class CaseMap {
  constructor(on) {
    Object.assign(this, openMap());
    this.on = on;
    const { marks, points } = this.layers;
    marks.paintRules = lineRules("outlines");
    this.obstacles = []; // boxes in pixels of the tiles' zoom that names keep clear of
    marks.labelRules = nameRules("outlines", {
      figures: new Map(),
      shifts: [0, 30, -30, 46, -46],
      blocked: (box) =>
        this.obstacles.some(
          (o) => o.minX < box.maxX && o.maxX > box.minX && o.minY < box.maxY && o.maxY > box.minY,
        ),
      shows: () => true,
      ink: (_code, level) => nameInk(level),
    });
    marks.clearLayout();
    points.paintRules = caseRules("cases");
    this.selected = { code: "", width: 3 };
    this.areaViews = this.layers.light.views;
    this.view = points.views.get("cases");
    this.map.on("mousemove", eachFrame((event) => this.hoverAt(event)));
    this.map.on("click", (event) => this.clickAt(event));
  }

  /** Draw the cases that `args` ask for; what lies outside `area` ({code, level}) is veiled. */
  show({ args, area }) {
    const key = LAYER_OF[area.level];
    this.key = key;
    this.selected.code = key ? area.code : "";
    this.layers.light.views = key ? new Map([[key, this.areaViews.get(key)]]) : new Map();
    this.layers.light.paintRules = [Veil, AreaLight].map((Kind) => ({
      dataSource: key,
      dataLayer: key,
      symbolizer: new Kind(this.selected),
    }));
    for (const item of Object.values(this.sources.light)) {
      setArgs(item, args.as_of ? { as_of: args.as_of } : {});
    }
    setArgs(this.sources.points.cases, args);
    if (this.sources.marks) {
      setArgs(this.sources.marks.outlines, args.as_of ? { as_of: args.as_of } : {});
    }
    for (const layer of Object.values(this.layers)) {
      if (layer._map) redraw(layer);
      else layer.addTo(this.map);
    }
  }

  /** Whether a place lies in the chosen area, as far as the tiles here tell. */
  inside(latlng) {
    if (!this.key) return true;
    const hit = pick(this.areaViews.get(this.key), latlng, this.map.getZoom(), 1);
    return hit.some((feature) => feature.props.code === this.selected.code);
  }

  /** Fetch the areas below a place, so that `inside` can tell. */
  async know({ z, x, y }) {
    if (!this.key) return;
    await this.areaViews.get(this.key).getDisplayTile({ z, x, y });
  }

  /** Names keep clear of these boxes from now on. */
  avoid(boxes) {
    this.obstacles = boxes;
    redraw(this.layers.marks);
  }

  casesAt(latlng) {
    if (Math.round(this.map.getZoom()) < POINTS_FROM || !this.inside(latlng)) return [];
    return pick(this.view, latlng, this.map.getZoom(), REACH);
  }

  hoverAt(event) {
    const over = this.casesAt(event.latlng).length > 0;
    this.map.getContainer().classList.toggle("is-pointing", over);
  }

  async clickAt(event) {
    const near = this.casesAt(event.latlng);
    if (!near.length) return;
    let found = near.filter((feature) => feature.props.id);
    if (!found.length) {
      const deep = await pickDeep(this.view, event.latlng, this.map.getZoom(), REACH);
      found = deep.filter((feature) => feature.props.id);
    }
    if (found.length) this.on.cases(found.map((f) => String(f.props.id)), event.latlng);
  }
}
