// Beside the map, in words: how surely, the ranked places, the neighbours, the claims, what the file says.

import { $, coordinates, h, kilometres, percent, placeName, plural } from "./dom.js";
import { api } from "./api.js";
import { line } from "./conversation.js";
import { placeLinks } from "./links.js";

export function showEvidence(view, photo, act) {
  const box = $("evidence");
  if (!photo) return box.replaceChildren();
  if (photo.status !== "located") return box.replaceChildren(card("Not located", h("p", {}, photo.error)));
  box.replaceChildren(
    answerCard(photo, act),
    photo.constraints.length ? steeringCard(photo, act) : "",
    matchesCard(view, photo),
    looksCard(view, photo),
    placesCard(photo, act),
    neighboursCard(view, photo, "nearest", "Most similar photos"),
    claimsCard(photo),
    neighboursCard(view, photo, "farthest", "Least similar photos"),
    fileCard(photo, act),
  );
}

const card = (title, ...children) => h("section", { class: "card" }, h("h2", {}, title), ...children);

function answerCard(photo, act) {
  const { best, precision, fitted } = photo.answer;
  const { told } = photo;
  if (!best) return card("Answer", h("p", { class: "best" }, told.headline),
    ...told.doubts.map((words) => h("p", { class: "small" }, `⚠ ${words}`)),
    h("p", { class: "soft" }, photo.constraints.length ? "Take a condition back, or look again with more effort." : "Look again with more effort, or try another photo or model."));
  const bars = told.how_sure.flatMap(([words, share]) => {
    const fill = h("i");
    fill.style.width = percent(share).replace(" ", "");
    return [h("span", {}, words), h("div", { class: "bar", role: "presentation" }, fill), h("b", {}, percent(share))];
  });
  return card(
    "Answer",
    h("p", { class: "best" }, told.headline),
    h("div", { class: "bars" }, bars),
    fact("Calibration", told.basis),
    fact("Position", told.position),
    fact("Region", told.region),
    fact("Rival", told.rival),
    fact("Gallery", told.gallery),
    fact("Model", told.model),
    fact("Verified by", fitted),
    ...told.effects.map((words) => fact("Weighed", words)),
    ...told.asked.map((words) => fact("Asked", words)),
    precision ? fact("Precision", `no finer than ${precision.cap ?? "its country's cap"}: ${precision.reason}`) : null,
    ...told.doubts.map((words) => h("p", { class: "small" }, `⚠ ${words}`)),
    placeLinks(best, act.links, photo.answer.metadata?.taken_at),
  );
}

const fact = (name, words) => (words ? h("p", { class: "fact" }, h("b", {}, name), " ", words) : null);

function steeringCard(photo, act) {
  const chips = photo.constraints.map((words, number) => {
    const area = photo.areas.find((one) => one.number === number);
    return h("li", { class: "chip warn" }, words,
      area?.editable ? h("button", { class: "plain", onclick: () => act.edit(area), "aria-label": `Edit on the map: ${words}` }, "Edit") : null,
      h("button", { class: "plain", onclick: () => act.remove(number), "aria-label": `Take back: ${words}` }, "×"));
  });
  return card("What you said",
    h("ul", { class: "said" }, chips),
    photo.changed ? h("p", { class: "small" }, `${photo.changed.left} of ${photo.changed.of} candidates are left`, photo.changed.moved_km ? `; the answer lies ${kilometres(photo.changed.moved_km)} from the run's own answer` : "") : null,
    h("button", { class: "plain", onclick: () => act.words("undo") }, "Undo the last"));
}

function placesCard(photo, act) {
  const item = (place) =>
    h("li", {},
      h("div", {}, h("div", {}, placeName(place)), h("div", { class: "small" }, votes(place))),
      h("div", { class: "acts" },
        h("button", { onclick: () => act.focus(place), "aria-label": `Show ${placeName(place)} on the map` }, "Show"),
        h("button", { onclick: () => act.place("pin", place), "aria-label": `It is near ${placeName(place)}` }, "It is here"),
        h("button", { onclick: () => act.place("reject", place), "aria-label": `It is not near ${placeName(place)}` }, "Not here")));
  const shown = photo.places.slice(0, 8).map(item);
  const rest = photo.places.slice(8);
  const more = h("button", { class: "plain", onclick: () => {
    list.append(...rest.map(item));
    more.remove();
  } }, `Show all ${photo.places.length} places of the map`);
  const list = h("ol", { class: "ranked" }, shown);
  return card("Candidates and their votes", list, rest.length ? more : null);
}

function votes(place) {
  const from = [];
  if (place.origins.answer) from.push(plural(place.origins.answer, "answer"));
  if (place.origins.alternative) from.push(plural(place.origins.alternative, "alternative"));
  if (place.origins.nearest) from.push(plural(place.origins.nearest, "similar photo"));
  if (place.origins.scene) from.push("a photo of the same scene");
  if (place.origins.map) from.push("text found on the map");
  if (place.origins.named) from.push("a name in the photo");
  return `${place.votes} of ${place.of}: ${from.join(", ")}${place.variants.length ? ` · ${place.variants.join(", ")}` : ""}`;
}

function matchesCard(view, photo) {
  const surest = (a, b) => b.confidence - a.confidence || b.inliers - a.inliers || (a.evidence < b.evidence ? -1 : 1);
  const matches = photo.answer.candidates.filter((one) => one.origin === "scene" && one.evidence).sort(surest);
  if (!matches.length) return "";
  const figures = matches.slice(0, 3).map((one, index) =>
    h("figure", { class: "match" },
      h("img", { src: api.match(view.session, photo.key, index + 1), alt: `The photo and matched reference ${index + 1}, with lines between what they share`, loading: "lazy", onerror: (event) => event.target.remove() }),
      h("figcaption", { class: "small" }, `${one.inliers} matched features, ${percent(one.confidence)} that both show the same scene`)));
  return card("The same scene", figures);
}

/** What a second look made of each leading place: the photo, the pictures taken there, the verdict and why. */
function looksCard(view, photo) {
  const { looks } = photo.told;
  if (!looks.length) return "";
  const item = (one, index) => h("li", { class: "look" },
    photo.pictures ? h("div", { class: "look-pictures" },
      h("img", { src: api.picture(view.session, photo.key, true), alt: "The photo", loading: "lazy" }),
      h("img", { src: api.look(view.session, photo.key, index + 1), alt: `Pictures taken at ${one.place}`, loading: "lazy", onerror: (event) => event.target.remove() })) : null,
    h("p", {}, h("b", {}, one.place)),
    h("p", { class: "small" }, `${one.verdict}: ${one.why}`));
  return card("Second look: pictures of the leading places", h("ol", {}, looks.map(item)));
}

function neighboursCard(view, photo, side, title) {
  if (!photo[side].length) return "";
  const figures = photo[side].slice(0, 8).map((item, index) =>
    h("figure", {},
      photo.pictures ? h("img", { src: api.neighbour(view.session, photo.key, side, index + 1), alt: `${title}, number ${index + 1}`, loading: "lazy", onerror: (event) => event.target.remove() }) : null,
      h("figcaption", {}, h("b", {}, `${index + 1}. `), item.place || coordinates(item), h("div", { class: "small" }, why(photo, item, side)))));
  return card(title, h("div", { class: "neighbours" }, figures));
}

function why(photo, item, side) {
  const likeness = `similarity ${item.similarity.toFixed(2)}`;
  const best = photo.answer.best;
  if (!best || side === "farthest") return likeness;
  return `${likeness}, ${kilometres(distance(item, best))} from the answer`;
}

function distance(a, b) {
  const rad = Math.PI / 180;
  const s = Math.sin(((a.latitude - b.latitude) * rad) / 2) ** 2 + Math.cos(a.latitude * rad) * Math.cos(b.latitude * rad) * Math.sin(((a.longitude - b.longitude) * rad) / 2) ** 2;
  return 2 * 6371.0088 * Math.asin(Math.sqrt(Math.min(1, s)));
}

function claimsCard(photo) {
  const claims = photo.ledger.map((entry) => h("li", {}, line(entry, false)));
  const done = photo.done.map((branch) => h("li", { class: "small" }, `${branch.branch}: ${branch.tools.join(", ") || "no tool called"}`));
  return card("Claims and their sources", h("ul", { class: "claims" }, claims.length ? claims : h("li", { class: "soft" }, "No answer gave reasons.")), h("h3", {}, "Calls made"), h("ul", {}, done));
}

function fileCard(photo, act) {
  const place = photo.answer.metadata;
  const show = place?.latitude != null ? h("button", { onclick: () => act.focus(place) }, "Show on the map") : null;
  return card("What the file itself says", h("p", {}, photo.metadata.text), photo.metadata.time ? h("p", {}, photo.metadata.time) : null, show,
    h("p", { class: "small" }, `Run ${photo.run} · ${photo.told.stop} · ${photo.told.spent}`));
}
