// Steps that are not saved yet: how many, which, why, and what can be done about it.
import { byId, el } from "./dom.js";
import { number } from "./format.js";
import { t, tn } from "./i18n.js";

const MOST = 6;

const button = (text, work, kind = "") => el("button", { type: "button", class: `button small ${kind}`, onclick: work }, text);

/**
 * Show the steps that wait. `steps`: {name: what it is, grids: of which grids, where: how to get there or null}; `text`: why;
 * `refused`: whether a step before them was refused, so that the rest is not sent unasked. `on`: {again(), back(), stop(),
 * go(where)}.
 */
export function showWaiting({ steps, text, refused }, on) {
  const box = byId("waiting");
  box.hidden = false;
  const one = steps.length === 1;
  box.replaceChildren(
    el("p", {}, el("b", {}, one ? t("%(edit)s is not saved yet.", { edit: steps[0].name }) : unsent(steps.length)), ` ${text}`),
    el("ol", { class: one ? "plan-unsent is-one" : "plan-unsent" }, steps.slice(0, MOST).map((step) => row(step, one, on))),
    steps.length > MOST ? el("p", { class: "quiet" }, t("and %(n)s more", { n: number(steps.length - MOST) })) : "",
    el(
      "div",
      { class: "plan-tool-buttons" },
      button(refused ? t("Go on with these") : t("Try again"), on.again, "primary"),
      one ? null : button(t("Take the last one back"), on.back),
      button(one ? t("Give it up") : t("Give them all up"), on.stop),
    ),
  );
}

const row = ({ name, grids, where }, one, { go }) =>
  el(
    "li",
    {},
    one ? "" : `${name} `,
    el("span", { class: "quiet" }, `${grids} `),
    where ? el("button", { type: "button", class: "link", onclick: () => go(where) }, t("Show where")) : "",
  );

export const hideWaiting = () => {
  byId("waiting").hidden = true;
};

/** "3 steps are not saved yet." */
export const unsent = (n) => tn("%(n)s step is not saved yet.", "%(n)s steps are not saved yet.", n, { n: number(n) });
