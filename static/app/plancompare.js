// What a draft changes: moved ground on the map, balance and people in the panel.
import { json } from "./api.js";
import { byId, el } from "./dom.js";
import { number } from "./format.js";
import { fit } from "./map.js";
import { t, tn } from "./i18n.js";
import { INK } from "./palette.js";
import { householdPage } from "./state.js";
import { ground, hands, nameAmong, table } from "./planfigures.js";
import { boxOf, latLngs, sidesOf } from "./plangrids.js";
import { boundsOf, ringsOf } from "./plantopology.js";

// Receiving grids get colours in turn; the words beside the map name them, so colour is a help only.
const COLOURS = ["#6a3d9a", "#b8650a", "#1c6f77", "#8c2f5f", "#4d6b1f", "#2c5aa0"];

export class Compare {
  constructor(grids, draft) {
    this.grids = grids;
    this.draft = draft;
    this.shapes = L.layerGroup();
    this.renderer = L.canvas({ pane: "moved", padding: 0.2 });
    this.found = null;
    this.lit = null;
  }

  /** The comparison with "plan" or another draft's id. */
  async ask(other = "plan") {
    const { body } = await this.draft.read("/compare", { with: other });
    return body;
  }

  /** `about`: the draft, where it is held against the plan. */
  async show(other, about = null) {
    this.found = await this.ask(other);
    this.published = about?.state === "published";
    this.behind = about && about.state !== "published" && about.base_revision !== about.current_revision ? about.base_revision : 0;
    this.shapes.clearLayers().addTo(this.grids.map);
    const targets = [...new Set(this.found.moved.features.map((f) => f.properties.to))];
    for (const feature of this.found.moved.features) {
      const at = targets.indexOf(feature.properties.to);
      const color = COLOURS[at % COLOURS.length];
      this.shapes.addLayer(
        L.polygon(latLngs(ringsOf(feature.geometry)), {
          renderer: this.renderer,
          pane: "moved",
          interactive: false,
          color: INK,
          weight: 1.2,
          fillColor: color,
          fillOpacity: 0.5,
        }),
      );
    }
    this.render(targets);
    return this.found;
  }

  hide() {
    this.shapes.remove();
    this.lit?.remove();
    this.found = null;
  }

  /** Bounds of all that is moved, to look at it; null where nothing is. */
  bounds(found = this.found) {
    const boxes = found.moved.features.map((f) => boxOf(boundsOf(ringsOf(f.geometry))));
    return boxes.length ? boxes.reduce((all, box) => all.extend(box)) : null;
  }

  go(box) {
    fit(this.grids.map, sidesOf(box));
  }

  async goToGrid(code) {
    if (!this.grids.rows.has(code)) {
      const { body } = await this.draft.read("/grids", { codes: code });
      if (body.features.length) this.go(boxOf(boundsOf(ringsOf(body.features[0].geometry))));
      return;
    }
    this.go(this.grids.bounds([code]));
  }

  render(targets) {
    const { grids, households, cases, moved } = this.found;
    byId("compare").replaceChildren(
      this.behind ? el("p", { class: "notice" }, t("This draft began on revision %(base)s. What later plans changed looks undone here until the draft is brought up to date.", { base: number(this.behind) })) : "",
      el("p", { class: "plan-hands" }, hands({ households, cases })),
      balance(grids, this.published),
      grids.length ? table(grids, (code) => this.goToGrid(code)) : "",
      moved.features.length ? el("h3", {}, t("Moved ground")) : "",
      el(
        "ul",
        { class: "plan-moved" },
        moved.features.slice(0, 100).map((feature) => this.movedRow(feature, targets)),
      ),
      people(t("Households that change hands"), households, (row) => householdPage(row.id)),
      people(t("Open cases that go along"), cases, null),
    );
  }

  movedRow(feature, targets) {
    const { from, to, area_km2: size } = feature.properties;
    const shade = COLOURS[targets.indexOf(to) % COLOURS.length];
    const go = () => this.go(boxOf(boundsOf(ringsOf(feature.geometry))));
    const rows = this.found.grids.map(({ code, name, before, after }) => ({ code, name, area: (after ?? before).area }));
    const name = (code) => (code ? nameAmong(code, rows) : t("outside"));
    return el(
      "li",
      {},
      el("span", { class: "swatch", vars: { "--shade": shade } }),
      el("button", { type: "button", class: "link", onclick: go, title: `${from ?? ""} → ${to ?? ""}` }, `${name(from)} → ${name(to)}`),
      el("span", { class: "number" }, ground(size)),
    );
  }
}

const spread = (rows, side) => {
  const counts = rows.map((row) => row[side]?.households).filter((n) => n !== undefined);
  if (!counts.length) return "–";
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? number(least) : `${number(least)}–${number(most)}`;
};

/** How even the touched grids are, before and after. */
function balance(grids, published) {
  const none = published ? t("The published plan is as the draft drew it.") : t("The draft changes nothing.");
  if (!grids.length) return el("p", { class: "quiet" }, none);
  return el(
    "p",
    { class: "quiet" },
    t("Households in the touched grids: %(before)s before, %(after)s after.", {
      before: spread(grids, "before"),
      after: spread(grids, "after"),
    }),
  );
}

function people(title, { count, moved }, link) {
  if (!count) return "";
  return el(
    "details",
    { class: "plan-people" },
    el("summary", {}, `${title} (${number(count)})`),
    el(
      "table",
      { class: "table compact" },
      el("thead", {}, el("tr", {}, ...[t("number"), t("from"), t("to")].map((text) => el("th", { scope: "col" }, text)))),
      el(
        "tbody",
        {},
        moved.map((row) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, link ? el("a", { href: link(row) }, row.id) : row.id),
            el("td", {}, row.from ?? "–"),
            el("td", {}, row.to ?? "–"),
          ),
        ),
      ),
    ),
    count > moved.length ? el("p", { class: "quiet" }, tn("and %(n)s more", "and %(n)s more", count - moved.length, { n: number(count - moved.length) })) : "",
  );
}

/** Fill the choice of what to compare with: the plan in force, and the other open drafts. */
export async function fillChoice(select, own) {
  const { drafts } = await json("/api/v1/drafts");
  const others = drafts.filter((draft) => String(draft.id) !== String(own) && draft.state !== "discarded");
  select.replaceChildren(
    el("option", { value: "plan" }, t("the plan in force")),
    ...others.map((draft) => el("option", { value: draft.id }, draft.name)),
  );
}
