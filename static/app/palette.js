// Colours and classes. One ramp (blue, light to dark: it survives the three colour-blindnesses and
// grey print), one accent for open cases, ink for what is selected, greys for the rest.
import { number, percent } from "./format.js";
import { t } from "./i18n.js";

export const RAMP = ["#e8f0f7", "#c6dbec", "#97bedb", "#6399c7", "#336ca6", "#163f70"];
export const CASE = "#bf4a0a";
export const CASE_DARK = "#8a2f04";
export const INK = "#16212a";
export const GREY = "#5a6872";
export const PAPER = "#ffffff";

export const LETTERS_OF_NAMES = { township: "#16212a", village: "#2c3944", grid: "#323f49" };
const HALO = "rgba(255, 255, 255, 0.88)";
/** Ink and halo of a name: light on the darkest class, grey where the area is not in question. */
export function nameInk(level, shade, aside) {
  if (shade >= RAMP.length - 2) return [PAPER, RAMP[shade]];
  return [aside ? GREY : LETTERS_OF_NAMES[level], HALO];
}
export const HATCH = { ground: "#f4f4f1", line: "#aab3b8" };

const FONTS =
  '"Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Micro Hei"';
export const font = (weight, size) => `${weight} ${size}px system-ui, ${FONTS}, sans-serif`;

const SHARES = [0.05, 0.1, 0.15, 0.2, 0.3];

/** measure -> what of a row it shows, how it is written, and where its classes end. */
export const MEASURES = {
  share: {
    title: () => t("Share in a visit gap"),
    short: () => t("share in a gap"),
    value: (row) => (row.households ? row.gap / row.households : null),
    text: percent,
    limits: () => SHARES,
    range: (low, high) =>
      high === null
        ? t("%(low)s % and more", { low: number(low * 100) })
        : low === 0
          ? t("under %(high)s %", { high: number(high * 100) })
          : `${number(low * 100)}–${number(high * 100)} %`,
  },
  gap: {
    title: () => t("Households in a visit gap"),
    short: () => t("households in a gap"),
    value: (row) => (row.households ? row.gap : null),
    text: number,
    limits: countLimits,
    range: countRange,
  },
  open: {
    title: () => t("Open cases"),
    short: () => t("open cases"),
    value: (row) => row.open,
    text: number,
    limits: countLimits,
    range: countRange,
  },
};

/** Round limits that divide the values into at most five classes of about the same size. */
function countLimits(values) {
  const sorted = values.slice().sort((a, b) => a - b);
  const most = sorted[sorted.length - 1] ?? 0;
  const limits = [];
  for (const part of [0.2, 0.4, 0.6, 0.8]) {
    const limit = round(sorted[Math.floor(part * sorted.length)] ?? 0);
    if (limit > (limits[limits.length - 1] ?? 0) && limit <= most) limits.push(limit);
  }
  return limits.length ? limits : [1];
}

function round(value) {
  if (value < 10) return Math.max(1, Math.round(value));
  const step = 10 ** Math.floor(Math.log10(value)) / 2;
  return Math.round(value / step) * step;
}

function countRange(low, high) {
  if (high === null) return t("%(low)s and more", { low: number(low) });
  return high - low <= 1 ? number(low) : `${number(low)}–${number(high - 1)}`;
}

/**
 * Class of a value from 0, -1 where there is none. A value at a limit belongs to the class above;
 * a share counts as it is written, in tenths of a percent: what reads 20.0 % is not under 20 %.
 */
export function classOf(value, limits) {
  if (value === null || value === undefined) return -1;
  const written = Math.round(value * 1000) / 1000;
  return limits.filter((limit) => written >= limit).length;
}

/** Where on the ramp a class lies when there are `edges`; -1 stays -1. */
export const shadeOf = (index, edges) =>
  index < 0 ? -1 : Math.round((index * (RAMP.length - 1)) / edges.length);

/** The legend's rows: {shade, range, count}; shade -1 is "no data" and comes only where it counts. */
export function classes(measure, rows) {
  const { value, limits, range } = MEASURES[measure];
  const values = rows.map(value);
  const edges = limits(values.filter((v) => v !== null));
  const counts = new Map();
  for (const v of values) counts.set(classOf(v, edges), (counts.get(classOf(v, edges)) ?? 0) + 1);
  const found = [...edges, null].map((_, index) => ({
    shade: shadeOf(index, edges),
    range: range(index ? edges[index - 1] : 0, index < edges.length ? edges[index] : null),
    count: counts.get(index) ?? 0,
  }));
  if (counts.get(-1)) found.push({ shade: -1, range: t("no household listed"), count: counts.get(-1) });
  return { edges, rows: found };
}
