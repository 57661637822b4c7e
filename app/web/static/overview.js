// All photos of a session at once: a table or thumbnails, sorted as one likes, and all of them as one place or one trip.

import { h, kilometres, percent } from "./dom.js";
import { api } from "./api.js";
import { line } from "./conversation.js";

const SCALES = ["street", "city", "region", "country", "continent"];
const COLUMNS = [
  ["number", "Photo", (row) => row.number],
  ["place", "Place", (row) => row.place],
  ["sure", "Within 25 km", (row) => -(row.sure ?? -1)],
  ["scale", "Found to", (row) => (row.scale ? SCALES.indexOf(row.scale) : 9)],
  ["taken", "Taken", (row) => row.taken || "9"],
  ["file", "The file says", (row) => row.file],
  ["status", "Status", (row) => row.status],
];
const look = { kind: "table", by: "number", down: false };

/** One row a photo: those located, those at work, those that wait. */
export function listRows(view, working, queued) {
  const rows = view.photos.map((photo) => {
    const answer = photo.answer;
    const stated = answer?.metadata ?? {};
    return {
      number: Number(photo.key), key: photo.key, name: photo.file ?? photo.name, photo,
      status: photo.status === "located" ? "located" : "failed",
      place: photo.told?.short ?? photo.error ?? "", sure: answer?.probability?.["25"] ?? null, scale: photo.told?.scale ?? null,
      taken: (stated.taken_at ?? "").slice(0, 16).replace("T", " "),
      file: stated.latitude == null ? "nothing" : `${stated.verdict}, ${kilometres(stated.distance_km ?? 0)}`,
    };
  });
  const known = new Set(rows.map((row) => row.key));
  const blank = { place: "", sure: null, scale: null, taken: "", file: "" };
  for (const [key, one] of working) if (!known.has(key)) rows.push({ ...blank, number: Number(key), key, name: one.name, status: one.words });
  const start = Math.max(0, ...rows.map((row) => row.number));
  queued.forEach((name, index) => rows.push({ ...blank, number: start + index + 1, key: null, name, status: "waits" }));
  return rows;
}

export function showOverview(box, view, working, queued, act, joint) {
  const rows = listRows(view, working, queued);
  const count = (status) => rows.filter((row) => row.status === status).length;
  const atWork = rows.length - count("located") - count("failed") - count("waits");
  const told = [[count("located"), "located"], [count("failed"), "failed"], [atWork, "at work"], [count("waits"), "waiting"]].filter(([number]) => number).map(([number, words]) => `${number} ${words}`);
  const again = () => showOverview(box, view, working, queued, act, joint);
  const turn = (kind) => h("button", { "aria-pressed": String(look.kind === kind), onclick: () => ((look.kind = kind), again()) }, kind === "table" ? "Table" : "Thumbnails");
  box.replaceChildren(h("section", { class: "card" },
    h("h2", {}, `${rows.length} photos: ${told.join(", ")}`),
    h("div", { class: "tools" }, turn("table"), turn("thumbnails"), h("span", { class: "space" }),
      h("button", { "aria-pressed": String(joint?.way === "place"), onclick: () => act.together("place") }, "As one place"),
      h("button", { "aria-pressed": String(joint?.way === "trip"), onclick: () => act.together("trip") }, "As one trip")),
    joint ? jointCard(joint) : null,
    look.kind === "table" ? table(rows, view, act, again) : thumbnails(rows, view, act)));
}

function jointCard(joint) {
  return h("div", { class: "joint", "aria-live": "polite" }, joint.words.map((entry) => line(entry, false)));
}

function sorted(rows) {
  const value = COLUMNS.find(([name]) => name === look.by)[2];
  const order = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : a.number - b.number);
  return [...rows].sort((a, b) => (look.down ? order(b, a) : order(a, b)));
}

function table(rows, view, act, again) {
  const head = COLUMNS.map(([name, title]) => {
    const on = look.by === name;
    const sort = () => {
      look.down = on && !look.down;
      look.by = name;
      again();
    };
    return h("th", { scope: "col", "aria-sort": on ? (look.down ? "descending" : "ascending") : "none" }, h("button", { class: "plain", onclick: sort }, title, on ? (look.down ? " ↓" : " ↑") : ""));
  });
  const body = sorted(rows).map((row) => h("tr", { "data-status": row.status },
    h("th", { scope: "row" }, thumbnail(row, view), row.photo ? h("button", { class: "plain", onclick: () => act.choose(row.key) }, `${row.number}. ${row.name}`) : `${row.number}. ${row.name}`),
    h("td", {}, row.place), h("td", {}, row.sure === null ? "" : percent(row.sure)), h("td", {}, row.scale ?? ""), h("td", {}, row.taken), h("td", {}, row.file), h("td", {}, row.status)));
  return h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "All photos" }, h("table", { class: "overview" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)));
}

function thumbnail(row, view) {
  return row.photo ? h("img", { src: api.picture(view.session, row.key, true), alt: "", loading: "lazy" }) : null;
}

function thumbnails(rows, view, act) {
  return h("ul", { class: "thumbnails" }, sorted(rows).map((row) =>
    h("li", {}, h("button", { disabled: !row.photo, onclick: () => act.choose(row.key) }, thumbnail(row, view), h("span", {}, `${row.number}. ${row.place || row.status}`)))));
}
