// The turns of the conversation, each sentence with its source.

import { $, h } from "./dom.js";
import { api } from "./api.js";

// The turns of this session that are known, by their number in the conversation, without a gap from the first one on.
let known = { session: null, first: 0, turns: [] };

export function showTurns(view, trying) {
  const list = $("turns");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  const before = known.turns.length;
  gather(view);
  draw(view, trying);
  if (atEnd || known.turns.length > before) requestAnimationFrame(() => (list.scrollTop = list.scrollHeight));
}

function gather(view) {
  const start = view.earlier_turns ?? 0;
  if (known.session !== view.session || start > known.turns.length) known = { session: view.session, first: start, turns: [] };
  known.first = Math.min(known.first, start);
  view.turns.forEach((turn, index) => (known.turns[start + index] = turn));
}

function draw(view, trying) {
  const shown = known.turns.slice(known.first).map((turn) => (turn.by === "you" ? said(turn, view) : replied(turn)));
  $("turns").replaceChildren(...(known.first ? [earlier(view, trying)] : []), ...shown);
}

/** The button that loads what was said before the turns that are shown; what is read stays where it is. */
function earlier(view, trying) {
  const load = async (event) => {
    event.target.disabled = true;
    const { session, first } = known;
    const older = await trying(() => api.turns(session, first));
    event.target.disabled = false;
    if (!older || known.session !== session || known.first !== first) return;
    older.forEach((turn, index) => (known.turns[first - older.length + index] = turn));
    known.first = first - older.length;
    const list = $("turns");
    const fromEnd = list.scrollHeight - list.scrollTop;
    draw(view, trying);
    list.scrollTo({ top: list.scrollHeight - fromEnd, behavior: "instant" });
  };
  const words = known.first === 1 ? "Show 1 earlier turn" : `Show earlier turns (${known.first})`;
  return h("li", { class: "turn small" }, h("button", { type: "button", class: "earlier", onclick: load }, words));
}

/** What was just sent, until the session itself says it. */
export function showPending(text, files) {
  if ($("turns").querySelector(".pending")) return;
  const thumbs = files.map((file) => {
    const image = h("img", { src: URL.createObjectURL(file), alt: file.name });
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    return image;
  });
  $("turns").append(h("li", { class: "turn you pending" }, thumbs.length ? h("div", { class: "thumbs" }, thumbs) : null, h("p", {}, text)));
  $("turns").scrollTop = $("turns").scrollHeight;
}

function said(turn, view) {
  const thumbs = turn.photos.map((name) => {
    const photo = view.photos.find((one) => one.name === name);
    return photo && h("img", { src: api.picture(view.session, photo.key, true), alt: `${name} ${photo.file ?? ""}`, loading: "lazy" });
  });
  return h("li", { class: "turn you" }, thumbs.length ? h("div", { class: "thumbs" }, thumbs) : null, h("p", {}, turn.text));
}

function replied(turn) {
  const lines = turn.entries.length ? turn.entries : [{ text: turn.text, source: "" }];
  return h("li", { class: "turn" }, lines.map((entry, number) => line(entry, number === 0)));
}

export function line(entry, first) {
  return h(
    "p",
    { class: first ? "first" : "" },
    entry.text,
    entry.source ? h("span", { class: `source ${entry.source}`, title: entry.call ? `call ${entry.call}` : "" }, entry.source) : null,
    entry.struck ? h("span", { class: "struck" }, entry.struck) : null,
  );
}
