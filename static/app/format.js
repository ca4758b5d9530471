// Numbers and dates as people read them. What is missing is an en dash, never a zero.
import { language } from "./i18n.js";

export const MISSING = "–";

// Plain "en" writes days as Americans do, month first.
const locale = language === "en" ? "en-GB" : language;
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(locale, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
// Days are days of the programme's calendar: as midnight UTC they do not move with the reader.
const medium = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });

const missing = (value) => value === null || value === undefined || Number.isNaN(value);

export const number = (value) => (missing(value) ? MISSING : whole.format(value));

/** A share from 0 to 1 as percent with one decimal. */
export const percent = (share) => (missing(share) ? MISSING : `${tenth.format(share * 100)} %`);

const day = (iso) => new Date(`${iso}T00:00:00Z`);

export const date = (iso) => (iso ? medium.format(day(iso)) : MISSING);

/** The ISO day `days` after `iso`. */
export function shiftDay(iso, days) {
  const moved = day(iso);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

export const isDay = (text) => /^\d{4}-\d{2}-\d{2}$/.test(text ?? "") && !Number.isNaN(+day(text));
