// The search box: a list of places and households to choose from by arrow keys or pointer.
import { post, say } from "./api.js";
import { byId, el, settled } from "./dom.js";
import { t } from "./i18n.js";

const KINDS = {
  county: () => t("county"),
  township: () => t("township"),
  village: () => t("village"),
  grid: () => t("grid"),
  former_grid: () => t("former grid"),
  coming_grid: () => t("coming grid"),
  household: () => t("household"),
};
const LEAST_LETTERS = 1;

/** The page of a grid that is not on the map of today; "" for all other hits. */
export const offMap = ({ kind, code }) => (kind === "former_grid" || kind === "coming_grid" ? `/plans/grids/${encodeURIComponent(code)}` : "");

/** Make `#search` a combobox; `choose(hit)` opens what was chosen. */
export function search(choose) {
  const box = byId("search");
  if (!box) return;
  const list = el("ul", { id: "search-results", role: "listbox", hidden: true, "aria-label": t("Found") });
  box.form.append(list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-controls": "search-results",
    "aria-expanded": "false",
  })) {
    box.setAttribute(name, value);
  }
  let hits = [];
  let at = -1;
  let asked = 0;

  const shut = () => {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
    at = -1;
  };
  const mark = (index) => {
    at = index;
    for (const item of list.children) {
      const on = item.id === `hit-${at}`;
      item.setAttribute("aria-selected", String(on));
      if (on) {
        item.scrollIntoView({ block: "nearest" });
        box.setAttribute("aria-activedescendant", item.id);
      }
    }
  };
  const take = (hit) => {
    shut();
    box.value = "";
    box.blur();
    choose(hit);
  };
  const show = () => {
    list.replaceChildren(
      ...hits.map((hit, i) =>
        el(
          "li",
          { id: `hit-${i}`, role: "option", "aria-selected": "false", onmousedown: (event) => (event.preventDefault(), take(hit)) },
          el("b", {}, hit.label),
          el("span", {}, [hit.label === hit.code ? "" : hit.code, hit.sublabel, hit.was ? t("formerly %(code)s", { code: hit.was }) : ""].filter(Boolean).join(" · ")),
          el("i", {}, KINDS[hit.kind]?.() ?? hit.kind),
        ),
      ),
    );
    if (!hits.length) list.append(el("li", { class: "none", role: "option", "aria-disabled": "true" }, t("Nothing found.")));
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    if (hits.length) mark(0);
  };
  const look = settled(async () => {
    const text = box.value.trim();
    asked += 1;
    const mine = asked;
    if (text.length < LEAST_LETTERS) return shut();
    try {
      const answer = await post("/api/v1/search", { q: text });
      if (mine !== asked) return undefined; // a later letter has been typed
      hits = answer.hits;
      show();
    } catch (error) {
      say(error);
    }
    return undefined;
  }, 160);

  box.addEventListener("input", look);
  box.addEventListener("blur", () => setTimeout(shut, 120));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (!list.hidden) event.stopPropagation();
      shut();
    } else if (list.hidden) {
      if (event.key === "ArrowDown" && box.value.trim()) look();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (hits.length) mark((at + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length);
    }
  });
  box.form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!list.hidden && hits[at]) take(hits[at]);
    else look();
  });
}
