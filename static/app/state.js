// The address bar holds the view: area and words in the path and query, the map in the hash.
// `/areas/620422100?as_of=2026-11-22&show=gap#12/35.69150/105.09210`
import { isDay } from "./format.js";

const QUERY = ["as_of", "restate", "show", "sort", "household", "category", "status", "min_age", "located"];

/** The state that an address asks for; on a page without paths of areas, `area` is in the query. */
export function read(where = location) {
  const query = new URLSearchParams(where.search);
  const state = { area: query.get("area") ?? "", at: readHash(where.hash) };
  const named = where.pathname.match(/^\/areas\/(.+)$/);
  if (named) state.area = plainText(named[1]);
  for (const name of QUERY) state[name] = query.get(name) ?? "";
  if (state.as_of && !isDay(state.as_of)) state.as_of = "";
  if (state.restate !== "1" || !state.as_of) state.restate = "";
  return state;
}

/** A part of an address as text; one that was typed as it is stays as it is. */
export function plainText(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function readHash(hash) {
  const parts = hash.replace(/^#/, "").split("/").map(Number);
  if (parts.length !== 3 || parts.some((part) => !Number.isFinite(part))) return null;
  const [zoom, lat, lon] = parts;
  return zoom >= 0 && zoom <= 22 && Math.abs(lat) <= 90 ? { zoom, lat, lon } : null;
}

export const hashOf = (map) => {
  const { lat, lng } = map.getCenter();
  return `#${map.getZoom()}/${lat.toFixed(5)}/${lng.toFixed(5)}`;
};

/** The page of a household on a day; without `asOf`, on today. */
export const householdPage = (id, asOf) =>
  `/households/${encodeURIComponent(id)}${asOf ? `?as_of=${asOf}` : ""}`;

/** The address of a state; `home` is "/" (areas get a path) or "/cases" (areas in the query). */
export function write(state, home, hash = "") {
  const query = new URLSearchParams();
  const byPath = home === "/" && state.area;
  if (state.area && !byPath) query.set("area", state.area);
  for (const name of QUERY) if (state[name]) query.set(name, state[name]);
  const path = byPath ? `/areas/${encodeURIComponent(state.area)}` : home;
  const text = query.toString();
  return path + (text ? `?${text}` : "") + hash;
}
