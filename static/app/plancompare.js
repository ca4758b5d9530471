// What a draft changes: moved ground on the map, balance and people in the panel.
import { hush, json, say } from "./api.js";
import { byId, el } from "./dom.js";
import { date, number } from "./format.js";
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

  /** The comparison with "plan" (in force today), "last" (published last) or another draft's id. */
  async ask(other) {
    const { body } = await this.draft.read("/compare", { with: other });
    return body;
  }

  /** `about`: the draft itself. */
  async show(other, about) {
    this.found = await this.ask(other);
    this.published = about.state === "published" && this.found.plan?.revision === about.revision;
    this.base = about.base_revision;
    const apart = this.found.plan ? this.found.plan.revision - this.base : 0;
    this.behind = apart > 0 && about.state !== "published";
    this.ahead = apart < 0;
    this.sides = /^\d+$/.test(String(other)) ? this.named(other) : null;
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

  /** The names of the two drafts, the other one first. */
  named(other) {
    const option = [...byId("compare-with").options].find(({ value }) => value === String(other));
    return [option?.textContent ?? String(other), byId("draft-name").textContent];
  }

  /** Why there is nothing to be seen, and a way to try again. */
  failed(text, again) {
    this.shapes.clearLayers();
    byId("compare").replaceChildren(el("p", { class: "notice" }, text), el("button", { type: "button", class: "button small", onclick: again }, t("Try again")));
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
    const name = this.namer();
    byId("compare").replaceChildren(
      this.behind ? el("p", { class: "notice" }, t("This draft began on revision %(base)s. What later plans changed looks undone here until the draft is brought up to date.", { base: number(this.base) })) : "",
      this.ahead ? el("p", { class: "notice" }, t("This draft builds on revision %(base)s, whose day has not come. What that one changes is among the changes here.", { base: number(this.base) })) : "",
      el("p", { class: "plan-hands" }, this.sides ? apart(this.sides, households, cases) : hands({ households, cases })),
      balance(grids, this.published, this.sides),
      grids.length ? table(grids, (code) => this.goToGrid(code), this.sides) : "",
      moved.features.length ? el("h3", {}, this.sides ? t("Ground that lies in another grid") : t("Moved ground")) : "",
      el(
        "ul",
        { class: "plan-moved" },
        moved.features.slice(0, 100).map((feature) => this.movedRow(feature, targets)),
      ),
      people(this.sides ? t("Households in another grid") : t("Households that change hands"), households, { more: this.further("households"), name, link: (row) => householdPage(row.id) }),
      people(this.sides ? t("Open cases in another grid") : t("Open cases that go along"), cases, { more: this.further("cases"), name }),
    );
  }

  /** What names a grid of this comparison by its code. */
  namer() {
    const rows = this.found.grids.map(({ code, name, before, after }) => ({ code, name, area: (after ?? before).area }));
    return (code) => nameAmong(code, rows);
  }

  /** What fetches a page of a list of this comparison. */
  further(what) {
    const other = this.found.with;
    return async (page) => (await this.draft.read("/moved", { with: other, what, page })).body;
  }

  movedRow(feature, targets) {
    const { from, to, area_km2: size } = feature.properties;
    const shade = COLOURS[targets.indexOf(to) % COLOURS.length];
    const go = () => this.go(boxOf(boundsOf(ringsOf(feature.geometry))));
    const called = this.namer();
    const name = (code) => (code ? called(code) : t("outside"));
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
function balance(grids, published, sides) {
  const none = sides ? t("The two drafts are the same.") : published ? t("The published plan is as the draft drew it.") : t("The draft changes nothing.");
  if (!grids.length) return el("p", { class: "quiet" }, none);
  const [before, after] = [spread(grids, "before"), spread(grids, "after")];
  const words = sides
    ? t("Households in the grids that differ: %(before)s in “%(one)s”, %(after)s in “%(other)s”.", { before, after, one: sides[0], other: sides[1] })
    : t("Households in the touched grids: %(before)s before, %(after)s after.", { before, after });
  return el("p", { class: "quiet" }, words);
}

/** One sentence on two drafts side by side; neither of them comes before the other. */
function apart([one, other], { count: households }, { count: cases }) {
  if (!households && !cases) return t("Every household is in the same grid in both drafts.");
  const names = { one, other };
  return [
    tn("%(n)s household is in another grid in “%(other)s” than in “%(one)s”", "%(n)s households are in another grid in “%(other)s” than in “%(one)s”", households, { n: number(households), ...names }),
    cases ? tn("%(n)s open case too", "%(n)s open cases too", cases, { n: number(cases) }) : "",
  ].filter(Boolean).join(" · ");
}

/** A list that changes hands, a page at a time; `more(page)` fetches one, `name(code)` names a grid. */
function people(title, { count, moved, next }, { more, name, link = null }) {
  if (!count) return "";
  const person = (row) => {
    const grid = (code) => el("td", { title: code }, code ? name(code) : "–");
    return el("tr", {}, el("th", { scope: "row" }, link ? el("a", { href: link(row) }, row.id) : row.id), grid(row.from), grid(row.to));
  };
  const body = el("tbody", {}, moved.map(person));
  const button = el("button", { type: "button", class: "button small" });
  const rest = el("p", { class: "plan-more" }, button);
  let page = next;
  const left = () => {
    const n = count - body.rows.length;
    rest.hidden = !page;
    button.textContent = tn("Show more (%(n)s left)", "Show more (%(n)s left)", n, { n: number(n) });
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const found = await more(page);
      const before = body.rows.length;
      body.append(...found.rows.map(person));
      page = found.next;
      const held = document.activeElement === button || document.activeElement === document.body;
      left();
      if (held && !page) body.rows[before]?.querySelector("a")?.focus(); // the button is gone
      hush();
    } catch (error) {
      say(error);
    } finally {
      button.disabled = false;
    }
  });
  left();
  return el(
    "details",
    { class: "plan-people" },
    el("summary", {}, `${title} (${number(count)})`),
    el(
      "table",
      { class: "table compact" },
      el("thead", {}, el("tr", {}, ...[t("number"), t("from"), t("to")].map((text) => el("th", { scope: "col" }, text)))),
      body,
    ),
    rest,
  );
}

const since = ({ valid_from: day }) => (day ? date(day) : t("the beginning"));

/**
 * Fill the choice of what to compare with: the plan in force, the last one where that still waits, the other drafts.
 * Chosen is what the draft builds on.
 */
export async function fillChoice(select, { id, base_revision: base }) {
  const [{ drafts }, { revisions }] = await Promise.all([json("/api/v1/drafts"), json("/api/v1/revisions")]);
  const [last] = revisions.filter((plan) => plan.state !== "withdrawn");
  const now = revisions.find((plan) => plan.state === "in_force");
  const others = drafts.filter((draft) => draft.id !== id && draft.state !== "discarded");
  const waits = last?.state === "waiting";
  select.replaceChildren(
    ...(now ? [el("option", { value: "plan" }, t("in force: revision %(n)s, from %(day)s", { n: number(now.revision), day: since(now) }))] : []),
    ...(waits ? [el("option", { value: "last" }, t("to come: revision %(n)s, from %(day)s", { n: number(last.revision), day: since(last) }))] : []),
    ...others.map((draft) => el("option", { value: draft.id }, draft.name)),
  );
  select.value = waits && (!now || base === last.revision) ? "last" : "plan";
}
