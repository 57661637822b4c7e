// Where a place can be checked by eye. Nothing is fetched: a click opens another site, which then learns the position.

import { h } from "./dom.js";

/** The sites for a place, behind a line that says what a click does. */
export function placeLinks(place, templates, takenAt) {
  const when = takenAt && !Number.isNaN(Date.parse(takenAt)) ? takenAt : "2000-06-21T12:00";
  const values = {
    latitude: place.latitude.toFixed(5),
    longitude: place.longitude.toFixed(5),
    zoom: 16,
    date: when.slice(0, 10).replaceAll("-", "."),
    time: when.slice(11, 16) || "12:00",
  };
  const links = templates.map((one) =>
    h("li", {}, h("a", { href: one.address.replace(/\{(\w+)\}/g, (_, name) => values[name]), target: "_blank", rel: "noopener noreferrer", title: one.shows }, `${one.name} ↗`)));
  return h("details", { class: "links" }, h("summary", {}, "Check this place elsewhere"),
    h("p", { class: "small" }, "Each of these opens another site in a new tab, which then learns this position. Nothing is sent before you click."),
    h("ul", {}, links));
}
