// Vector tiles for protomaps-leaflet, fetched within the session.
import { address, ask } from "./api.js";

/** Where tiles of one address come from; answers what protomaps-leaflet asks of an archive. */
class Source {
  constructor(template, report) {
    this.template = template;
    this.report = report;
    this.args = {};
    this.bounds = null; // [w, s, e, n]: nothing is asked for outside
    this.from = 0; // zoom of the first tiles that are wanted
  }

  async getZxy(z, x, y) {
    if (z < this.from || !this.touches(z, x, y)) return undefined;
    const path = this.template.replace("{z}", z).replace("{x}", x).replace("{y}", y);
    try {
      const answer = await ask(address(path, this.args), { headers: {} });
      if (answer.status === 204) return undefined;
      return { data: await answer.arrayBuffer() };
    } catch (error) {
      this.report(error);
      // A failed tile must not be remembered as an empty one; this name is what the library takes
      // for "not now".
      throw new DOMException(error.message, "AbortError");
    }
  }

  touches(z, x, y) {
    if (!this.bounds) return true;
    const [west, south, east, north] = this.bounds;
    const side = 2 ** z;
    const row = (lat) => {
      const sin = Math.sin((lat * Math.PI) / 180);
      return (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * side;
    };
    const column = (lon) => (lon / 360 + 0.5) * side;
    return x + 1 > column(west) && x < column(east) && y + 1 > row(north) && y < row(south);
  }
}

/** Put a source of ours under each view of a layer; returns {key: {view, source}}. */
export function takeOver(layer, report) {
  const found = {};
  for (const [key, view] of layer.views) {
    const source = new Source(view.tileCache.source.url, report);
    view.tileCache.source = new protomapsL.PmtilesSource(source, false);
    found[key] = { view, source };
  }
  // The library forgets labels of all but 16 tiles; a large screen shows more at once.
  layer.labelers.maxLabeledTiles = 64;
  return found;
}

/** Ask for other tiles from now on; what was fetched for the old arguments is forgotten. */
export function setArgs({ view, source }, args) {
  if (JSON.stringify(source.args) === JSON.stringify(args)) return false;
  source.args = args;
  view.tileCache.cache.clear();
  view.tileCache.inflight.clear();
  return true;
}

/** Draw tiles with as many pixels as the screen has where they end up, whatever the zoom. */
export function fitPixels(layer, unit) {
  layer.tileSize = Math.round((256 * (window.devicePixelRatio || 1)) / unit);
}

/** Draw a layer again with the rules and tiles that it has now; done when all of them are drawn. */
export async function redraw(layer) {
  if (!layer._map) return;
  const drawn = [];
  layer.clearLayout();
  layer.labelers.maxLabeledTiles = 64;
  for (const tile of Object.values(layer._tiles)) {
    // Tiles of the zoom before are on their way out; drawing one would call off those that come.
    if (tile.coords.z !== layer._tileZoom) continue;
    const key = layer._tileCoordsToKey(tile.coords);
    const ready = tile.loaded ? () => {} : () => layer._tileReady(tile.coords, null, tile.el);
    drawn.push(layer.renderTile(tile.coords, tile.el, key, ready));
  }
  await Promise.all(drawn);
}

/** Draw a layer whose tiles are of another day: what it shows is dimmed until they are in. */
export async function redrawLate(layer) {
  const pane = layer.getPane();
  const turn = (layer.late ?? 0) + 1; // of two days only the last one counts
  layer.late = turn;
  pane.classList.add("is-behind");
  await redraw(layer);
  if (layer.late === turn) pane.classList.remove("is-behind");
}

/** Drop the tiles of another zoom: names and outlines, blown up, are worse than none. */
export function dropOld(layer) {
  for (const [key, tile] of Object.entries(layer._tiles ?? {})) {
    if (tile.coords.z !== layer._tileZoom) layer._removeTile(key);
  }
}

/** Draw those tiles that a quick change of zoom left blank. */
export function heal(layer) {
  for (const tile of Object.values(layer._tiles ?? {})) {
    if (tile.loaded || tile.coords.z !== layer._tileZoom) continue;
    const key = layer._tileCoordsToKey(tile.coords);
    layer.renderTile(tile.coords, tile.el, key, () => layer._tileReady(tile.coords, null, tile.el));
  }
}

/** Features of a view under a place, nearest first; `reach` in pixels for points. */
export function pick(view, latlng, zoom, pixels) {
  const reach = pixels * 2 ** (Math.round(zoom) - zoom);
  const steps = reach > 3 ? [reach / 4, reach / 2, reach] : [reach];
  for (const step of steps) {
    const found = view.queryFeatures(latlng.lng, latlng.lat, zoom, step);
    if (found.length) return found.map((hit) => hit.feature);
  }
  return [];
}

/** The features of the deepest tile at a place, which carry ids; fetched where they are not here. */
export async function pickDeep(view, latlng, zoom, reach) {
  const depth = view.maxDataLevel;
  const side = 2 ** depth;
  const point = L.CRS.EPSG3857.latLngToPoint(latlng, depth).divideBy(256);
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  if (x < 0 || y < 0 || x >= side || y >= side) return [];
  await view.tileCache.get({ z: depth, x, y });
  const scale = 2 ** (depth - zoom);
  for (const step of [reach / 4, reach / 2, reach]) {
    const found = view.tileCache.queryFeatures(latlng.lng, latlng.lat, depth, step * scale);
    if (found.length) return found.map((hit) => hit.feature);
  }
  return [];
}
