// Candidates appearing on the map step by step: retrieval, each branch's answer, each verdict.

import { $, colour, h } from "./dom.js";
import { api } from "./api.js";

const TONES = { nearest: "--blue", answer: "--orange", alternative: "--soft", best: "--red" };

export class FrameMap {
  constructor(box, controls, frames) {
    this.frames = frames;
    this.marks = null;
    const slider = h("input", { type: "range", min: 1, max: Math.max(1, frames.length), value: frames.length, "aria-label": "Step" });
    this.words = h("span", { "aria-live": "polite" });
    const go = (by) => {
      slider.value = Math.max(1, Math.min(frames.length, Number(slider.value) + by));
      this.draw(Number(slider.value));
    };
    slider.addEventListener("input", () => this.draw(Number(slider.value)));
    controls.replaceChildren(h("button", { onclick: () => go(-1), "aria-label": "Step back" }, "‹"), slider, h("button", { onclick: () => go(1), "aria-label": "Step forward" }, "›"), this.words);
    if (!frames.length || !globalThis.L) {
      this.words.textContent = "No place came up.";
      box.hidden = slider.hidden = true;
      return;
    }
    this.map = L.map(box, { worldCopyJump: true, minZoom: 1, maxZoom: 12, zoomSnap: 0.5, attributionControl: false, keyboard: true });
    this.map.setView([25, 10], 1);
    api.outlines().then((land) => L.geoJSON(land, { interactive: false, renderer: L.canvas(), style: { color: colour("--coast"), weight: 0.6, fillColor: colour("--land"), fillOpacity: 1 } }).addTo(this.map).bringToBack()).catch(() => {});
    this.marks = L.layerGroup().addTo(this.map);
    const all = frames.flatMap((frame) => frame.places).map((place) => [place.latitude, place.longitude]);
    this.map.fitBounds(L.latLngBounds(all).pad(0.1), { maxZoom: 8, animate: false });
    this.draw(frames.length);
    $("viewer").addEventListener("close", () => this.map.remove(), { once: true });
  }

  /** Draw the first so many frames; the last of them stands out. */
  draw(count) {
    this.marks.clearLayers();
    this.frames.slice(0, count).forEach((frame, index) => {
      const fresh = index === count - 1;
      for (const place of frame.places) {
        L.circleMarker([place.latitude, place.longitude], { radius: place.kind === "best" ? 9 : fresh ? 7 : 4, color: colour("--card"), weight: 1.5, fillColor: colour(TONES[place.kind]), fillOpacity: fresh ? 0.95 : 0.45 }).bindTooltip(frame.label).addTo(this.marks);
      }
    });
    this.words.textContent = `Step ${count} of ${this.frames.length}: ${this.frames[count - 1].label}`;
  }
}
