// The graph as it ran: rounds from left to right, their branches, tool calls, what each gave to the pool, and its cost.

import { coordinates, h, percent } from "./dom.js";

export function showFlow(box, run, chosen, pick) {
  const { retrieved, rounds } = run.flow;
  const first = [node("photo", "opened, scaled, its metadata set aside")];
  if (retrieved.photos.nearest || retrieved.photos.farthest) first.push(node("gallery", `${retrieved.photos.nearest} similar and ${retrieved.photos.farthest} dissimilar photos`, gave(retrieved)));
  const stages = rounds.flatMap((round) => [
    stage(`Round ${round.round}`, round.branches.map((branch) => branchNode(branch, chosen, pick))),
    round.verdict ? stage("Verdict", [verdictNode(round.verdict)]) : null,
  ]);
  box.replaceChildren(h("ol", { class: "flow", tabIndex: 0, "aria-label": "The graph as it ran" }, stage("Start", first), stages, totals(rounds)));
}

const stage = (title, nodes) => h("li", { class: "stage" }, h("h4", {}, title), nodes);
const node = (name, ...lines) => h("div", { class: "node" }, h("b", {}, name), lines.map((text) => h("span", { class: "small" }, text)));
const gave = ({ candidates, share }) => `gave ${candidates} ${candidates === 1 ? "candidate" : "candidates"}, ${percent(share)} of the score`;

function branchNode(branch, chosen, pick) {
  const on = chosen.includes(branch.id);
  return h("button", { class: "node branch-node", "data-kind": branch.kind, "aria-pressed": String(on), onclick: () => pick(branch.id) },
    h("b", {}, `${branch.prompt}${branch.id.endsWith(".0") ? "" : ` ${Number(branch.id.split(".").pop()) + 1}`}`),
    branch.tools.length ? h("span", { class: "calls" }, branch.tools.map((name) => h("code", {}, name))) : null,
    h("span", { class: "small" }, branch.words),
    h("span", { class: "small" }, gave(branch)),
    h("span", { class: "small" }, cost(branch)));
}

function cost({ model_turns, tokens, usd, seconds }) {
  const money = usd === null ? "price unknown" : `$${usd.toFixed(4)}`;
  return `${model_turns} ${model_turns === 1 ? "turn" : "turns"} · ${tokens.toLocaleString("en")} tokens · ${money} · ${seconds.toFixed(1)} s`;
}

function verdictNode(verdict) {
  const known = Object.entries(verdict.probability).filter(([, share]) => share !== null);
  const where = verdict.latitude === null ? "no place" : coordinates(verdict);
  return h("div", { class: "node verdict-node" }, h("b", {}, verdict.stop ? `stop: ${verdict.stop}` : "another round"),
    h("span", { class: "small" }, where),
    known.length ? h("span", { class: "small" }, known.map(([km, share]) => `${km} km ${percent(share)}`).join(" · ")) : null,
    (verdict.reasons ?? []).slice(0, 3).map((reason) => h("span", { class: "small" }, reason)));
}

function totals(rounds) {
  const branches = rounds.flatMap((round) => round.branches);
  const dearest = Math.max(1, ...branches.map((branch) => branch.tokens));
  const bars = branches.flatMap((branch) => {
    const fill = h("i");
    fill.style.width = `${(100 * branch.tokens) / dearest}%`;
    return [h("span", { class: "small" }, branch.id), h("div", { class: "bar", role: "presentation" }, fill), h("span", { class: "small" }, branch.usd === null ? `${branch.tokens}` : `$${branch.usd.toFixed(4)}`)];
  });
  return h("li", { class: "stage wide" }, h("h4", {}, "Cost by branch, tokens"), h("div", { class: "bars" }, bars));
}
