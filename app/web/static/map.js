// Three maps in one: the answer with its regions, the similar photos, the dissimilar ones. And a pencil.

import { $, colour, coordinates, h, placeName } from "./dom.js";
import { followStreets, vectorTiles } from "./basemap.js";
import { holds, listPolygons, onEveryCopy } from "./regions.js";

const LEGENDS = {
  answer: "Red: the answer. Orange: the 50 and 90 % regions. Violet: the rival. Green: the file's own position. Small dots: all candidates.",
  nearest: "The most similar gallery photos, best first.",
  farthest: "The least similar gallery photos: places where the photo was probably not taken.",
};

export class WorldMap {
  /** ``about`` says what lies under the marks: online tiles, a basemap of the user's own, streets of the home's maps. */
  constructor(about) {
    const { tiles, basemap, streets } = about;
    this.layer = "answer";
    this.photo = null;
    this.map = L.map("map", { worldCopyJump: true, minZoom: 1, maxZoom: tiles || basemap || streets ? 19 : 12, zoomSnap: 0.5, attributionControl: true, ...stillness() });
    this.map.attributionControl.setPrefix("");
    this.map.zoomControl.setPosition("bottomright");
    this.map.setView([25, 10], 1.5);
    if (tiles) L.tileLayer(tiles).addTo(this.map);
    if (basemap?.kind === "raster") L.tileLayer("/api/basemap/{z}/{x}/{y}", { minNativeZoom: basemap.least_zoom, maxNativeZoom: basemap.most_zoom, maxZoom: 20, attribution: basemap.attribution }).addTo(this.map);
    if (basemap?.kind === "vector") this.tiles = vectorTiles(basemap).addTo(this.map);
    if (streets) followStreets(this.map);
    this.marks = L.layerGroup().addTo(this.map);
    this.land = null;
    for (const button of $("layers").children) button.addEventListener("click", () => this.choose(button.dataset.layer));
    $("layers").addEventListener("keydown", (event) => this.#arrow(event));
    this.map.on("click", (event) => this.#tell(event.latlng));
    new ResizeObserver(() => this.map.invalidateSize()).observe($("map"));
  }

  drawLand(outlines) {
    this.land = L.geoJSON(outlines, { interactive: false, renderer: L.canvas({ padding: 0.5 }), style: () => this.#landStyle() });
    this.land.addTo(this.map).bringToBack();
    this.map.attributionControl.addAttribution("Outlines: Natural Earth");
  }

  restyle() {
    this.land?.setStyle(this.#landStyle());
    this.tiles?.redraw();
    this.show(this.photo, false);
  }

  choose(layer) {
    this.layer = layer;
    for (const button of $("layers").children) button.setAttribute("aria-selected", String(button.dataset.layer === layer));
    this.show(this.photo, true);
  }

  show(photo, fit) {
    this.photo = photo;
    this.marks.clearLayers();
    $("legend").textContent = photo?.answer ? LEGENDS[this.layer] : "";
    if (!photo?.answer) return;
    const bounds = this.layer === "answer" ? this.#answer(photo) : this.#references(photo[this.layer], this.layer);
    if (fit && bounds?.isValid()) this.map.fitBounds(bounds.pad(0.15), { maxZoom: 7, animate: false });
  }

  /** Every photo's answer, numbered; joined by a line where they are taken as one trip. */
  showAll(photos, joint, choose) {
    this.photo = null;
    this.marks.clearLayers();
    const placed = photos.filter((photo) => photo.answer.best);
    $("legend").textContent = joint ? (joint.way === "trip" ? "All photos as one trip, in the order of time. Red: photos that do not fit." : "All photos as one place. Red: photos that do not fit.") : "All photos, numbered. Blue: found to the city or finer. Grey: coarser.";
    const stops = new Map((joint?.stops ?? []).map((stop) => [stop.photo, stop]));
    const bounds = L.latLngBounds([]);
    for (const photo of placed) {
      const where = stops.get(photo.key) ?? photo.answer.best;
      const misfit = joint?.misfits.includes(photo.key);
      const fine = ["street", "city"].includes(photo.told.scale);
      const mark = L.divIcon({ className: `number ${misfit ? "misfit" : fine || joint ? "fine" : "coarse"}`, html: h("span", {}, photo.key), iconSize: [24, 24] });
      marker(at(where), `photo ${photo.key}: ${photo.told.short}`, { icon: mark }).on("click", () => choose(photo.key)).addTo(this.marks);
      bounds.extend(at(where));
    }
    if (joint?.way === "trip") L.polyline(joint.stops.map(at), { color: colour("--accent"), weight: 2 }).addTo(this.marks);
    if (bounds.isValid()) this.map.fitBounds(bounds.pad(0.2), { maxZoom: 8, animate: false });
  }

  focus(place) {
    this.map.setView([place.latitude, place.longitude], Math.max(this.map.getZoom(), 6));
  }

  #answer(photo) {
    const { best, rival, region, candidates } = photo.answer;
    const bounds = L.latLngBounds([]);
    for (const [share, opacity] of [["90", 0.14], ["50", 0.28]]) {
      if (!region[share]) continue;
      const shape = this.#region(region[share], opacity).addTo(this.marks);
      shape.bindTooltip(`${share} % region`, { sticky: true });
      if (share === "50") extend(bounds, region[share].parts, best);
      // A circle of some kilometres is nothing at the scale of a continent: a ring says that it is there.
      const drawn = listPolygons(region[share].geojson);
      for (const part of region[share].parts.filter((one) => holds(drawn, one.latitude, one.longitude))) L.circleMarker(at(part), { radius: share === "90" ? 11 : 7, color: colour("--orange"), weight: 2, fill: false, interactive: false }).addTo(this.marks);
    }
    for (const area of photo.areas) {
      const tone = colour(area.rule === "only" ? "--good" : "--bad");
      L.geoJSON(area.geojson, { style: { color: tone, weight: 2, dashArray: "6 4", fillColor: tone, fillOpacity: 0.04 } }).bindTooltip(area.words, { sticky: true }).addTo(this.marks);
    }
    for (const place of candidates) {
      const dot = L.circleMarker(at(place), { radius: 3 + 4 * (place.score || 0), color: colour("--card"), weight: 1, fillColor: colour("--ink"), fillOpacity: 0.65 });
      dot.bindPopup(() => words(placeName(place), `${place.origin}${place.variant ? `, ${place.variant}` : ""}`)).addTo(this.marks);
    }
    if (rival) marker(at(rival), "the rival", { icon: icon("rivalhead", 16) }).bindPopup(() => words("Rival", placeName(rival))).addTo(this.marks);
    const own = photo.answer.metadata;
    if (own?.latitude != null) {
      if (best) L.polyline([at(best), [own.latitude, nearTurn(own.longitude, best.longitude)]], { color: colour("--good"), weight: 1.5, dashArray: "4 4", interactive: false }).addTo(this.marks);
      marker(at(own), "the file's own position", { icon: icon("filehead", 16) }).bindPopup(() => words("The file's own position", photo.metadata.text)).addTo(this.marks);
    }
    if (best) {
      bounds.extend(bounds.isValid() ? at(best) : L.latLng(at(best)).toBounds(2e6)); // a region of half the world says no more than the place
      const head = marker(at(best), "the answer", { icon: icon("pinhead", 24, [12, 29]), zIndexOffset: 1000 });
      head.bindPopup(() => words(placeName(best), coordinates(best))).addTo(this.marks);
    }
    return bounds;
  }

  #region(region, opacity) {
    const style = { color: colour("--orange"), weight: 1.5, fillColor: colour("--orange"), fillOpacity: opacity };
    return L.polygon(onEveryCopy(listPolygons(region.geojson)), style);
  }

  #references(references, side) {
    const bounds = L.latLngBounds([]);
    references.map((item, index) => [item, index + 1]).reverse().forEach(([item, number]) => {
      bounds.extend(at(item));
      const mark = L.divIcon({ className: `number ${side}`, html: h("span", {}, String(number)), iconSize: [22, 22] });
      const what = side === "nearest" ? "similar" : "dissimilar";
      marker(at(item), `${what} photo ${number}`, { icon: mark, zIndexOffset: -number }).bindPopup(() => words(item.place || coordinates(item), `similarity ${item.similarity.toFixed(2)}`)).addTo(this.marks);
    });
    return bounds;
  }

  /** Say of a clicked position in which regions it lies. */
  #tell(where) {
    if (!this.photo?.answer || this.layer !== "answer" || $("map").classList.contains("drawing")) return;
    const here = where.wrap();
    const told = ["50", "90"].filter((share) => this.photo.answer.region[share]).map((share) => `${holds(listPolygons(this.photo.answer.region[share].geojson), here.lat, here.lng) ? "inside" : "outside"} the ${share} % region`);
    if (told.length) L.popup().setLatLng(where).setContent(words(coordinates({ latitude: here.lat, longitude: here.lng }), told.join(", "))).openOn(this.map);
  }

  #landStyle() {
    return { color: colour("--coast"), weight: 0.7, fillColor: colour("--land"), fillOpacity: 1 };
  }

  #arrow(event) {
    const tabs = [...$("layers").children];
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + by + tabs.length) % tabs.length];
    next.focus();
    this.choose(next.dataset.layer);
  }
}

/** Drawing an area: by clicks, or by Enter at the cross in the middle; its corners are dragged, or moved by the arrows. */
export class Pencil {
  constructor(world, done) {
    this.world = world;
    this.done = done;
    this.corners = [];
    this.replaces = null;
    this.line = L.polygon([], { color: colour("--red"), weight: 2, dashArray: "5 4", fillOpacity: 0.08 });
    this.handles = L.layerGroup();
    $("draw").addEventListener("click", () => (this.active ? this.stop() : this.start()));
    $("draw-cancel").addEventListener("click", () => this.stop());
    $("draw-only").addEventListener("click", () => this.finish("only"));
    $("draw-not").addEventListener("click", () => this.finish("exclude"));
    world.map.on("click", (event) => this.active && this.add(event.latlng));
    $("map").addEventListener("keydown", (event) => {
      if (!this.active || event.target !== $("map")) return;
      if (event.key === "Enter") this.add(world.map.getCenter());
      if (event.key === "Escape") this.stop();
    });
  }

  get active() {
    return $("draw").getAttribute("aria-pressed") === "true";
  }

  start(corners = [], replaces = null) {
    this.#set(true);
    this.corners = corners;
    this.replaces = replaces;
    this.line.setStyle({ color: colour("--red") }).addTo(this.world.map);
    this.handles.addTo(this.world.map);
    this.#draw(true);
    $("map").focus();
  }

  /** Take an area that was drawn before, to move its corners. */
  edit(area) {
    const ring = area.geojson.coordinates[0].slice(0, -1).map(([longitude, latitude]) => [latitude, longitude]);
    this.start(ring, area.number);
    this.world.map.fitBounds(L.latLngBounds(ring).pad(0.3), { maxZoom: 12, animate: false });
  }

  stop() {
    this.#set(false);
    this.line.remove();
    this.handles.remove();
    this.replaces = null;
  }

  add(corner) {
    this.corners.push([corner.lat, corner.lng]);
    this.#draw(true);
  }

  finish(rule) {
    const { corners, replaces } = this;
    this.stop();
    this.done(corners, rule, replaces);
  }

  #draw(handles) {
    this.line.setLatLngs(this.corners);
    if (handles) {
      this.handles.clearLayers();
      this.corners.forEach((corner, number) => this.#handle(corner, number).addTo(this.handles));
    }
    $("draw-only").hidden = $("draw-not").hidden = this.corners.length < 3;
    if (this.corners.length) $("draw-help").textContent = this.corners.length < 3 ? `${this.corners.length} corners so far; an area needs at least three.` : "Add corners, drag them, or say whether it is inside. By keyboard: Tab to a corner, move it with the arrows, remove it with Delete.";
  }

  #handle(corner, number) {
    const made = marker(corner, `corner ${number + 1}`, { icon: icon("cornerhead", 14), draggable: true });
    const move = (to) => {
      this.corners[number] = [to.lat, to.lng];
      this.#draw(false);
    };
    made.on("drag", () => move(made.getLatLng()));
    made.on("add", () => made.getElement().addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] }[event.key];
      if (by) {
        event.preventDefault();
        event.stopPropagation();
        const { map } = this.world;
        made.setLatLng(map.layerPointToLatLng(map.latLngToLayerPoint(made.getLatLng()).add(by)));
        move(made.getLatLng());
      }
      if (event.key === "Delete" || event.key === "Backspace") {
        this.corners.splice(number, 1);
        this.#draw(true);
      }
    }));
    return made;
  }

  #set(active) {
    $("draw").setAttribute("aria-pressed", String(active));
    $("draw-cancel").hidden = $("draw-help").hidden = $("cross").hidden = !active;
    $("draw-only").hidden = $("draw-not").hidden = true;
    $("map").classList.toggle("drawing", active);
    if (active) $("draw-help").textContent = "Click corners on the map. By keyboard: move the map with the arrows, Enter sets a corner at the cross.";
  }
}

/** Extend the bounds by the parts of a region that are no larger than a continent, on the answer's side of ±180. */
function extend(bounds, parts, best) {
  for (const part of parts.filter((one) => one.radius_km < 3000)) {
    const turn = best ? 360 * Math.round((best.longitude - part.longitude) / 360) : 0;
    bounds.extend(L.latLng(part.latitude, part.longitude + turn).toBounds(Math.max(part.radius_km, 25) * 2000));
  }
}

/** The same meridian, on the side of ±180 where the other one lies. */
const nearTurn = (longitude, other) => longitude + 360 * Math.round((other - longitude) / 360);
const at = (place) => [place.latitude, place.longitude];
/** Leaflet's options for people who asked their system for less motion. */
const stillness = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false } : {});
/** A marker that a screen reader can name. */
function marker(where, name, options) {
  const made = L.marker(where, { title: name, ...options });
  made.on("add", () => made.getElement().setAttribute("aria-label", name));
  return made;
}
const icon = (name, size, anchor) => L.divIcon({ className: "", html: h("div", { class: name }), iconSize: [size, size], iconAnchor: anchor });
const words = (first, second) => h("div", {}, h("strong", {}, first), h("br"), second);
