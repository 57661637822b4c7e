// A fork in place: settings with their bounds, or what was edited in a transcript; afterwards, how far the answer moved.

import { colour, h, placeName, plural } from "./dom.js";
import { api } from "./api.js";

export function showFork(box, session, key, run) {
  const step = h("input", { type: "text", name: "step", required: true, value: "verify", size: 16 });
  const change = h("textarea", { name: "change", placeholder: "verify=top1", required: true, rows: 1, cols: 30 });
  const live = h("input", { type: "checkbox", name: "live" });
  const result = h("div", { "aria-live": "polite" });
  const setting = h("select", { "aria-label": "Setting to change" }, h("option", { value: "" }, "A setting…"), run.changeable.map((one) => h("option", { value: one.name }, one.name)));
  const value = h("span", { class: "setting-value" });
  const help = h("p", { class: "small" });
  const begin = h("button", { class: "primary" }, "Fork");
  const form = h("form", { class: "fork" }, h("label", {}, "Setting", setting), value, h("label", {}, "From step", step), h("label", {}, "Change (KEY=VALUE)", change), h("label", {}, live, " Make the calls that were not recorded"), begin);
  box.replaceChildren(form, help, result);

  const note = () => {
    const one = run.changeable.find((item) => item.name === setting.value);
    if (!one) return value.replaceChildren();
    const field = makeField(one);
    const take = () => (change.value = `${one.name}=${field.value}`);
    field.addEventListener("input", take);
    value.replaceChildren(h("label", {}, "Value", field));
    const bounds = one.low === null ? "" : ` From ${one.low} to ${one.high}.`;
    help.textContent = `${one.help}${bounds} Now: ${JSON.stringify(one.value ?? one.default ?? null)}.`;
    step.value = one.from;
    return take();
  };
  setting.addEventListener("change", note);

  const start = async () => {
    begin.disabled = true;
    result.replaceChildren(h("p", { class: "soft" }, "Running… ", stopButton(session, key)));
    result.scrollIntoView({ block: "nearest" });
    try {
      showDifference(result, await api.fork(session, key, { step: step.value, changes: [change.value], live: live.checked }));
    } catch (error) {
      result.replaceChildren(h("p", { class: "notice bad" }, error.message));
    }
    begin.disabled = false;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  return {
    from(at) {
      step.value = at;
      change.focus();
    },
    change(at, words) {
      step.value = at;
      change.value = words;
      start();
    },
    /** A new prompt has no recorded reply: the model is asked. */
    prompt(at, words) {
      live.checked = true;
      this.change(at, words);
    },
  };
}

function makeField(one) {
  if (one.choices.length) return h("select", {}, one.choices.map((choice) => h("option", { value: choice, selected: choice === one.value }, choice)));
  if (one.low === null) return h("input", { type: "text", value: one.value ?? "" });
  return h("input", { type: "number", min: one.low, max: one.high, step: one.whole ? 1 : "any", value: one.value ?? one.low });
}

function stopButton(session, key) {
  const button = h("button", { type: "button", class: "stop-fork" }, "Stop");
  button.addEventListener("click", async () => {
    button.disabled = true;
    await api.stopFork(session, key).catch(() => {}); // the fork itself says what became of it
  });
  return button;
}

function showDifference(box, { run, answer, told, difference }) {
  const moved = difference.moved_km;
  const [before, after] = difference.best;
  const map = h("div", { class: "frame-map small-map" });
  const { gained, lost, reweighted } = difference.candidates;
  box.replaceChildren(h("div", { class: "card" },
    h("p", { class: "best" }, told.headline),
    h("p", { class: "small" }, `Fork ${run}${told.position ? ` · ${told.position}` : ""}${["budget", "stopped"].includes(answer.stop) ? " · ended early, with the best so far" : ""}`),
    h("p", {}, told.moved),
    h("p", { class: "small" }, `${plural(gained.length, "candidate")} gained, ${lost.length} lost, ${reweighted.length} weighed otherwise.`),
    before && after && moved > 0 ? map : null));
  if (before && after && moved > 0 && globalThis.L) drawMove(map, before, after);
}

/** Both answers on one map, joined by a line. */
function drawMove(box, before, after) {
  const at = (place) => [place.latitude, place.longitude];
  const map = L.map(box, { minZoom: 1, maxZoom: 12, attributionControl: false, zoomSnap: 0.5 });
  map.fitBounds(L.latLngBounds([at(before), at(after)]).pad(0.4), { maxZoom: 8, animate: false });
  api.outlines().then((land) => L.geoJSON(land, { interactive: false, renderer: L.canvas(), style: { color: colour("--coast"), weight: 0.6, fillColor: colour("--land"), fillOpacity: 1 } }).addTo(map).bringToBack()).catch(() => {});
  L.polyline([at(before), at(after)], { color: colour("--accent"), weight: 2, dashArray: "5 4" }).addTo(map);
  L.circleMarker(at(before), { radius: 7, color: colour("--card"), fillColor: colour("--soft"), fillOpacity: 1 }).bindTooltip(`before: ${placeName(before)}`).addTo(map);
  L.circleMarker(at(after), { radius: 8, color: colour("--card"), fillColor: colour("--red"), fillOpacity: 1 }).bindTooltip(`after: ${placeName(after)}`).addTo(map);
}
