// The turns of the conversation, each sentence with its source.

import { $, h } from "./dom.js";
import { api } from "./api.js";

let told = 0;

export function showTurns(view) {
  const turns = $("turns");
  const atEnd = turns.scrollHeight - turns.scrollTop - turns.clientHeight < 120;
  const earlier = view.earlier_turns ? [h("li", { class: "turn small" }, `${view.earlier_turns} earlier turns are in the case file.`)] : [];
  turns.replaceChildren(...earlier, ...view.turns.map((turn) => (turn.by === "you" ? said(turn, view) : replied(turn))));
  if (atEnd || view.turns.length > told) requestAnimationFrame(() => (turns.scrollTop = turns.scrollHeight));
  told = view.turns.length;
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
