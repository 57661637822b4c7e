// The list of sessions: a thumbnail, a place and a date, so that three "IMG_1006.jpg" can be told apart.

import { h } from "./dom.js";
import { api } from "./api.js";

export function showSessions(list, sessions, current, waiting, open) {
  list.replaceChildren(...sessions.map((one) => h("li", {}, item(one, current, waiting.get(one.id) ?? 0, open))));
}

function item(one, current, waits, open) {
  const date = one.taken_at ? one.taken_at.slice(0, 10) : new Date(one.created * 1000).toISOString().slice(0, 10);
  const count = one.photos > 1 ? `${one.photos} photos` : "";
  const details = [one.place, count].filter(Boolean).join(" · ");
  return h("button", { "aria-current": one.id === current ? "true" : null, onclick: () => open(one.id), title: one.title },
    one.photo ? h("img", { src: api.picture(one.id, one.photo, true), alt: "", loading: "lazy", width: 44, height: 44 }) : h("span", { class: "no-picture" }),
    h("span", { class: "lines" },
      h("span", { class: "what" }, one.title || "new session"),
      details ? h("span", { class: "small" }, details) : null,
      h("span", { class: "small" }, one.taken_at ? `taken ${date}` : `asked ${date}`, one.busy ? " · at work" : "", waits ? ` · ${waits} wait` : "")));
}
