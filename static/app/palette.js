// Colours and classes. One ramp (blue, light to dark: it survives the three colour-blindnesses and
// grey print), one accent for open cases, ink for what is selected, greys for the rest.
import { number, percent } from "./format.js";
import { t } from "./i18n.js";

export const RAMP = ["#dfeaf3", "#a3c6df", "#5593c3", "#1d4f86"];
export const CASE = "#bf4a0a";
export const CASE_DARK = "#8a2f04";
export const INK = "#16212a";
export const GREY = "#5a6872";
export const PAPER = "#ffffff";

const LETTERS = { township: "#16212a", village: "#2c3944", grid: "#3d4b55" };
const HALO = "rgba(255, 255, 255, 0.88)";
/** Ink and halo of a name: light on the darkest class, grey where the area is not in question. */
export function nameInk(level, shade, aside) {
  if (shade === RAMP.length - 1) return [PAPER, RAMP[shade]];
  return [aside ? GREY : LETTERS[level], HALO];
}
export const HATCH = { ground: "#f4f4f1", line: "#aab3b8" };

const FONTS =
  '"Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Micro Hei"';
export const font = (weight, size) => `${weight} ${size}px system-ui, ${FONTS}, sans-serif`;

const SHARES = [0.05, 0.15, 0.3];

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

/** Three limits at round numbers that divide the values into four classes of about the same size. */
function countLimits(values) {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  if (!sorted.length) return [1, 2, 3];
  const limits = [];
  for (const part of [0.25, 0.5, 0.75]) {
    const raw = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    const last = limits.length ? limits[limits.length - 1] : 0;
    limits.push(Math.max(last + 1, round(raw)));
  }
  return limits;
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

/** Class 0…3 of a value, -1 where there is none. A value at a limit belongs to the class above. */
export function classOf(value, limits) {
  if (value === null || value === undefined) return -1;
  return limits.filter((limit) => value >= limit).length;
}

/** The legend's rows: {index, range, count}; index -1 is "no data" and comes only where it counts. */
export function classes(measure, rows) {
  const { value, limits, range } = MEASURES[measure];
  const values = rows.map(value);
  const edges = limits(values.filter((v) => v !== null));
  const counts = new Map();
  for (const v of values) counts.set(classOf(v, edges), (counts.get(classOf(v, edges)) ?? 0) + 1);
  const found = RAMP.map((_, index) => ({
    index,
    range: range(index ? edges[index - 1] : 0, index < edges.length ? edges[index] : null),
    count: counts.get(index) ?? 0,
  }));
  if (counts.get(-1)) found.push({ index: -1, range: t("no household listed"), count: counts.get(-1) });
  return { edges, rows: found };
}
