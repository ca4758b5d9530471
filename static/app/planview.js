// What the map of the plan page holds: the draft's grids near the view, lines of before, households.
import { byId } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";
import { sidesOf } from "./plangrids.js";
import { householdRules, lineRules, nameRules } from "./symbols.js";
import { nameInk } from "./palette.js";
import { redraw } from "./tiles.js";

export const LEAST_ZOOM = 12;
const PAD = 0.25; // of the view, so that a short move needs no request
const MOST = 1000;
const MOST_GHOSTS = 300;
const MOST_CODES = 50; // in one address
const NAMES_UNTIL = 14;

const within = (inner, outer) =>
  inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3];

export class Loader {
  /** `on`: {stale(), changed()}. */
  constructor({ draft, grids, layers, sources }, on) {
    Object.assign(this, { draft, grids, layers, on });
    this.map = grids.map;
    this.loaded = null; // the box whose grids are here
    this.under = null; // the request that is under way
    this.before = new Map(); // code -> feature as it was before the draft
    this.touched = new Set();
    this.tiles(sources);
  }

  /** Households and the lines above the grids; the grids' own lines are the draft's. */
  tiles(sources) {
    const { points, marks } = this.layers;
    points.paintRules = householdRules("households");
    if (sources.points) sources.points.households.source.from = 13;
    this.far = lineRules("outlines");
    this.near = this.far.filter((rule) => !rule.filter(0, { props: { level: 3 } }));
    // Near, the grids' own names need the room.
    const shows = (props) => props.level < 3 && this.map.getZoom() < NAMES_UNTIL;
    const look = { figures: new Map(), shows, ink: (_code, level) => nameInk(level) };
    marks.labelRules = nameRules("outlines", look);
    marks.paintRules = this.far;
    marks.clearLayout();
    points.addTo(this.map);
    marks.addTo(this.map);
  }

  forget() {
    this.loaded = null;
    this.before.clear();
  }

  /** Fetch the grids near the view, unless they are here; hints where the view is too wide. */
  async load() {
    const near = this.map.getZoom() >= LEAST_ZOOM;
    this.lines(near);
    if (!near) {
      this.hint(t("Go nearer to change grids."));
      this.grids.clear();
      this.loaded = null;
      return this.on.changed();
    }
    if (this.loaded && within(sidesOf(this.map.getBounds()), this.loaded)) return this.on.changed();
    const box = sidesOf(this.map.getBounds().pad(PAD));
    this.under?.abort();
    this.under = new AbortController();
    try {
      const bbox = box.map((value) => value.toFixed(6)).join(",");
      const { body, version } = await this.draft.read("/grids", { bbox }, { signal: this.under.signal });
      if (version && version !== this.draft.version) return this.on.stale();
      this.take(body, box);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
    this.ghosts();
    return this.on.changed();
  }

  take(body, box) {
    const codes = new Set(body.features.map((feature) => feature.properties.code));
    const gone = [...this.grids.rows.keys()].filter((code) => !codes.has(code) && !this.grids.chosen.has(code));
    const fresh = body.features.filter((feature) => !this.grids.rows.has(feature.properties.code));
    this.grids.take(fresh, gone);
    this.loaded = body.truncated ? null : box;
    this.hint(body.truncated ? t("More than %(n)s grids lie here; go nearer to see them all.", { n: number(MOST) }) : "");
  }

  /** Far away the plan in force is drawn by tiles; near, the draft's own grids. */
  lines(near) {
    const wanted = near ? this.near : this.far;
    if (this.layers.marks.paintRules === wanted) return;
    this.layers.marks.paintRules = wanted;
    redraw(this.layers.marks);
  }

  hint(text) {
    byId("hint").textContent = text;
    byId("hint").hidden = !text;
  }

  /** Which codes the draft has touched: what the comparison names. */
  async know({ step }) {
    this.touched.clear();
    if (!step) return;
    const { body } = await this.draft.read("/compare", { with: "last" });
    this.touch(body.grids.map((grid) => grid.code));
  }

  touch(codes) {
    for (const code of codes) this.touched.add(code);
  }

  /** Ghosts: the grids that the draft has touched, as they were before. */
  async ghosts() {
    // What an undo has put back has no ghost.
    const wanted = [...this.touched].filter((code) => this.grids.rows.get(code)?.changed !== false).slice(0, MOST_GHOSTS);
    const missing = wanted.filter((code) => !this.before.has(code));
    for (let i = 0; i < missing.length; i += MOST_CODES) {
      const codes = missing.slice(i, i + MOST_CODES);
      const { body } = await this.draft.read("/grids", { base: "1", codes: codes.join(",") });
      for (const code of codes) this.before.set(code, null); // new in this draft: no before
      for (const feature of body.features) this.before.set(feature.properties.code, feature);
    }
    const before = wanted.map((code) => this.before.get(code)).filter(Boolean);
    this.grids.ghost(before);
    this.grids.rim(this.loaded ? wanted : [], before); // of grids that are not here no neighbour is known
  }
}
