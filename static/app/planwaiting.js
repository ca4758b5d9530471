// Steps that are not saved yet: how many, which, why, and what can be done about it.
import { byId, el } from "./dom.js";
import { number } from "./format.js";
import { t, tn } from "./i18n.js";

const MOST = 6;

const button = (text, work, kind = "") => el("button", { type: "button", class: `button small ${kind}`, onclick: work }, text);

/**
 * Show the steps that wait. `names`: what each is; `grids`: of which grids; `text`: why; `refused`: whether a step before
 * them was refused, so that the rest is not sent unasked. `on`: {again(), back(), stop()}.
 */
export function showWaiting({ names, grids, text, refused }, on) {
  const box = byId("waiting");
  box.hidden = false;
  box.replaceChildren(
    el("p", {}, el("b", {}, title(names)), ` ${text}`),
    names.length > 1 ? el("ol", { class: "plan-unsent" }, names.slice(0, MOST).map((name, i) => el("li", {}, name, el("span", { class: "quiet" }, ` ${grids[i]}`)))) : "",
    names.length > MOST ? el("p", { class: "quiet" }, t("and %(n)s more", { n: number(names.length - MOST) })) : "",
    el(
      "div",
      { class: "plan-tool-buttons" },
      button(refused ? t("Go on with these") : t("Try again"), on.again, "primary"),
      names.length > 1 ? button(t("Take the last one back"), on.back) : null,
      button(names.length > 1 ? t("Give them all up") : t("Give it up"), on.stop),
    ),
  );
}

export const hideWaiting = () => {
  byId("waiting").hidden = true;
};

const title = (names) =>
  names.length === 1
    ? t("%(edit)s is not saved yet.", { edit: names[0] })
    : unsent(names.length);

/** "3 steps are not saved yet." */
export const unsent = (n) => tn("%(n)s step is not saved yet.", "%(n)s steps are not saved yet.", n, { n: number(n) });
