// What lies under the marks: outlines by default, a basemap of the user's own, and streets of the home's own maps.

import { colour } from "./dom.js";
import { api } from "./api.js";

const STREETS_ZOOM = 14; // from here on, the home's own streets are drawn
const FILLS = { land: "--land", green: "--green", water: "--sea", building: "--building" };
const LINES = { river: ["--river", 1], rail: ["--soft", 1], road: ["--road", 1.2], border: ["--coast", 1], street: ["--road", 2] };

const KEPT = 64; // tiles whose shapes are kept: beyond the file's finest zoom, many squares are drawn from one tile

/** Tiles of a vector basemap, each drawn on a canvas from its shapes; beyond the file's finest zoom, from a part of one. */
export function vectorTiles(info) {
  const kept = new Map();
  const load = (z, x, y) => {
    const name = `${z}/${x}/${y}`;
    if (!kept.has(name)) kept.set(name, api.tile(z, x, y).catch((error) => (kept.delete(name), Promise.reject(error))));
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return kept.get(name);
  };
  const Tiles = L.GridLayer.extend({
    createTile(place, done) {
      const tile = L.DomUtil.create("canvas", "leaflet-tile");
      const size = this.getTileSize();
      const sharp = Math.min(2, window.devicePixelRatio || 1);
      tile.width = size.x * sharp;
      tile.height = size.y * sharp;
      const parts = 2 ** Math.max(0, place.z - info.most_zoom);
      const [x, y] = [Math.floor(place.x / parts), Math.floor(place.y / parts)];
      load(Math.min(place.z, info.most_zoom), x, y).then((shapes) => {
        const pen = tile.getContext("2d");
        pen.translate((x * parts - place.x) * tile.width, (y * parts - place.y) * tile.height);
        drawTile(pen, shapes, tile.width * parts);
        done(null, tile);
      }, (error) => done(error, tile));
      return tile;
    },
  });
  return new Tiles({ minNativeZoom: info.least_zoom, maxZoom: 20, attribution: info.attribution });
}

function drawTile(pen, { extent, shapes }, size) {
  const scale = size / extent;
  for (const shape of shapes) {
    if (shape.type === "Point") drawName(pen, shape, scale);
    else drawShape(pen, shape, scale);
  }
}

function drawShape(pen, shape, scale) {
  pen.beginPath();
  for (const ring of shape.rings) ring.forEach(([x, y], index) => (index ? pen.lineTo(x * scale, y * scale) : pen.moveTo(x * scale, y * scale)));
  if (shape.type === "Polygon" && FILLS[shape.style]) {
    pen.fillStyle = colour(FILLS[shape.style]);
    pen.fill("evenodd");
  } else if (LINES[shape.style]) {
    const [tone, width] = LINES[shape.style];
    pen.strokeStyle = colour(tone);
    pen.lineWidth = width * Math.min(2, window.devicePixelRatio || 1);
    pen.stroke();
  }
}

function drawName(pen, shape, scale) {
  if (!shape.name) return;
  const [x, y] = shape.rings[0][0];
  pen.font = `${11 * Math.min(2, window.devicePixelRatio || 1)}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.lineWidth = 3;
  pen.strokeStyle = colour("--card");
  pen.strokeText(shape.name, x * scale, y * scale);
  pen.fillStyle = colour("--ink");
  pen.fillText(shape.name, x * scale, y * scale);
}

/** Streets, water and buildings of the home's own maps, loaded round the middle of a close view. */
export function followStreets(map) {
  const layer = L.geoJSON(null, { interactive: false, style: (feature) => streetStyle(feature.properties.style) });
  let shown = "";
  const load = async () => {
    if (map.getZoom() < STREETS_ZOOM) {
      layer.remove();
      shown = "";
      return;
    }
    const middle = map.getCenter();
    const metres = Math.min(4000, middle.distanceTo(map.getBounds().getNorthEast()));
    const wanted = `${middle.lat.toFixed(3)} ${middle.lng.toFixed(3)} ${map.getZoom()}`;
    if (wanted === shown) return;
    shown = wanted;
    const found = await api.streets(middle.lat, middle.wrap().lng, metres).catch(() => null);
    if (!found || wanted !== shown) return;
    layer.clearLayers().addData(found).addTo(map).bringToBack();
    if (found.features.length) map.attributionControl.addAttribution(found.attribution);
  };
  map.on("moveend", load);
  load();
}

function streetStyle(style) {
  if (FILLS[style]) return { stroke: false, fillColor: colour(FILLS[style]), fillOpacity: 1 };
  const [tone, weight] = LINES[style] ?? ["--coast", 1];
  return { color: colour(tone), weight, fill: false };
}
