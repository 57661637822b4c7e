// The prompts at work: one line a branch, as the events come in.

import { $, h, plural } from "./dom.js";

let lines = new Map();
let seen = new Set();

export function beginWork() {
  lines = new Map();
  seen = new Set();
  $("work").replaceChildren(h("h2", {}, "Prompts at work"));
  $("work").hidden = false;
}

export function endWork() {
  $("work").hidden = true;
}

export function step(event) {
  if ($("work").hidden) beginWork();
  seen.add(event.photo);
  $("work").classList.toggle("several", seen.size > 1);
  const photo = seen.size > 1 ? `photo ${event.photo} · ` : "";
  const names = { ingest: "photo", retrieve: "gallery", plan: `round ${event.round}`, verify: "verdict" };
  const name = event.branch ? branchName(event.branch) : names[event.step];
  if (!name) return;
  if (event.step === "plan") for (const branch of event.branches) put(photo + branchName(branch), "waiting", "…");
  const told = words(event);
  if (told) put(photo + name, ...told);
}

/** "1.clues-first.0" is the first sample of clues-first in round 1. */
function branchName(id) {
  const [round, ...rest] = id.split(".");
  const sample = rest.pop();
  return `${rest.join(".")}${sample > 0 ? ` ${Number(sample) + 1}` : ""}${round > 1 ? ` (round ${round})` : ""}`;
}

/** What a photo is at, in a word or two, for the overview. */
export function describeStep(event) {
  return { ingest: "opened", retrieve: "searching", plan: `round ${event.round}`, ask: "thinking", reply: "thinking", tool: `uses ${event.name}`, verify: "weighing", answer: "done" }[event.step] ?? null;
}

function words(event) {
  switch (event.step) {
    case "ingest": return ["asking", "opening the photo"];
    case "retrieve": return ["said", "looking for similar and dissimilar photos"];
    case "plan": return ["said", plural(event.branches.length, "prompt")];
    case "ask": return ["asking", event.final ? "thinking, last turn" : "thinking"];
    case "tool": return ["tool", `uses ${event.name}`];
    case "reply": return reply(event);
    case "verify": return ["said", event.stop ? `settled: ${event.stop}` : "no agreement yet, another round"];
    default: return null;
  }
}

function reply(event) {
  if (event.failure) return ["failed", `failed: ${event.failure}`];
  if (event.tools?.length) return ["tool", `wants ${event.tools.join(", ")}`];
  return ["said", (event.text || "answered").replace(/\s+/g, " ").slice(0, 160)];
}

function put(name, state, text) {
  let line = lines.get(name);
  if (!line) {
    line = h("div", { class: "branch" }, h("span", { class: "name", title: name }, name), h("span", { class: "words" }));
    lines.set(name, line);
    $("work").append(line);
    $("work").scrollTop = $("work").scrollHeight;
  }
  line.dataset.state = state;
  line.lastChild.textContent = text;
}
