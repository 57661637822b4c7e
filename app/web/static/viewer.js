// How a run went: the graph as it ran, its candidates on a map step by step, transcripts beside each other, and forks in place.

import { $, h, plural } from "./dom.js";
import { api } from "./api.js";
import { showFlow } from "./flow.js";
import { FrameMap } from "./frames.js";
import { showFork } from "./fork.js";
import { showTranscripts } from "./transcripts.js";

export async function openViewer(session, key) {
  const box = $("viewer");
  box.replaceChildren(h("p", {}, "Reading the record…"));
  box.showModal();
  try {
    fill(box, session, key, await api.run(session, key));
  } catch (error) {
    box.replaceChildren(h("p", { class: "notice bad" }, error.message), h("button", { onclick: () => box.close() }, "Close"));
  }
}

function fill(box, session, key, run) {
  const compare = h("div", { class: "transcripts" });
  const forking = h("div", {});
  const fork = showFork(forking, session, key, run);
  const chosen = run.branches.slice(0, 2).map((branch) => branch.id);
  const pick = (id) => {
    if (chosen.includes(id)) chosen.splice(chosen.indexOf(id), 1);
    else chosen.push(id);
    while (chosen.length > 2) chosen.shift();
    draw();
  };
  const flow = h("div", {});
  const draw = () => {
    showFlow(flow, run, chosen, pick);
    showTranscripts(compare, session, key, run, chosen, fork);
  };
  const map = h("div", { id: "frame-map", class: "frame-map" });
  const steps = h("div", { class: "frame-steps" });
  const timeline = h("ol", { class: "timeline" }, run.steps.map((step) => stepLine(step, fork)));
  box.replaceChildren(
    h("header", {}, h("h2", {}, `Run ${run.run}`), h("button", { onclick: () => box.close() }, "Close")),
    h("p", { class: "small" }, `${run.status}${run.parent ? `, forked from ${run.parent}` : ""} · ${Object.entries(run.versions).map(([name, number]) => `${name} ${number}`).join(", ")}`),
    h("h3", {}, "The graph as it ran"),
    flow,
    h("h3", {}, "Candidates as they came up"),
    steps,
    map,
    h("h3", {}, "Transcripts beside each other"),
    h("p", { class: "small" }, "Choose two branches in the graph. Each prompt, each reply and each tool result can be edited where it stands."),
    compare,
    h("h3", {}, "Fork"),
    forking,
    run.forks.length ? forkList(run.forks) : null,
    h("details", {}, h("summary", {}, `All ${plural(run.steps.length, "step")}`), timeline),
  );
  draw();
  new FrameMap(map, steps, run.flow.frames);
}

/** The forks made of this run, by the page, the terminal or the command line. */
function forkList(forks) {
  const item = (one) => h("li", {},
    h("b", {}, one.headline),
    h("p", { class: "small" }, [`Fork ${one.run}`, ...one.changes].join(" · ")),
    h("p", { class: "small" }, one.moved),
    Object.entries(one.prompts).map(([name, text]) => h("details", {}, h("summary", {}, `Edited prompt ${name}`), h("pre", { tabIndex: 0 }, text))));
  return h("details", { open: true }, h("summary", {}, `Forks of this run: ${forks.length}`), h("ol", { class: "forks" }, forks.map(item)));
}

function stepLine(step, fork) {
  const at = step.branch ? `${step.step}:${step.branch}` : String(step.step);
  return h("li", {},
    h("b", {}, String(step.step)),
    h("span", {}, step.node),
    h("span", { class: "small" }, [step.branch, ...step.changed].filter(Boolean).join(", ")),
    h("span", { class: "small" }, step.seconds === null ? "" : `${(step.seconds * 1000).toFixed(0)} ms`),
    h("button", { class: "plain", onclick: () => fork.from(at), "aria-label": `Fork from step ${step.step}, ${step.node}` }, "Fork from here"));
}
