// How a run went: its branches with every turn, its steps; and a fork from any of them.

import { $, coordinates, h, kilometres, placeName } from "./dom.js";
import { api } from "./api.js";

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
  const stepField = h("input", { type: "text", name: "step", required: true, value: String(run.steps[0]?.step ?? 0), size: 5 });
  const result = h("div", { "aria-live": "polite" });
  const form = forkForm(session, key, stepField, result);
  const fork = (step) => {
    stepField.value = step;
    form.elements.change.focus();
  };
  box.replaceChildren(
    h("header", {}, h("h2", {}, `Run ${run.run}`), h("button", { onclick: () => box.close() }, "Close")),
    h("p", { class: "small" }, `${run.status}${run.parent ? `, forked from ${run.parent}` : ""} · ${Object.entries(run.versions).map(([name, number]) => `${name} ${number}`).join(", ")}`),
    h("h3", {}, "Branches"),
    ...run.branches.map(branch),
    h("h3", {}, "Timeline"),
    h("ol", { class: "timeline" }, run.steps.map((step) => stepLine(step, fork))),
    h("h3", {}, "Fork"),
    form,
    result,
  );
}

function branch(one) {
  const turns = one.turns.map((turn) => [
    h("p", { class: "small" }, `step ${turn.step} · ${turn.role}${turn.name ? ` ${turn.name}` : ""}${turn.usage ? ` · ${turn.usage.input_tokens + turn.usage.output_tokens} tokens` : ""}`),
    h("pre", {}, turn.content || JSON.stringify(turn.tool_calls ?? turn.failure ?? "", null, 1)),
  ]);
  const opening = (one.opening ?? []).map((message) => h("pre", {}, `${message.role}:\n${message.text}`));
  return h("details", {}, h("summary", {}, `${one.variant} (round ${one.round}), ${one.turns.length} turns`), h("details", {}, h("summary", {}, "The prompt"), opening), ...turns.flat());
}

function stepLine(step, fork) {
  return h("li", {},
    h("b", {}, String(step.step)),
    h("span", {}, step.node),
    h("span", { class: "small" }, [step.branch, ...step.changed].filter(Boolean).join(", ")),
    h("span", { class: "small" }, step.seconds === null ? "" : `${(step.seconds * 1000).toFixed(0)} ms`),
    h("button", { class: "plain", onclick: () => fork(step.branch ? `${step.step}:${step.branch}` : String(step.step)), "aria-label": `Fork from step ${step.step}, ${step.node}` }, "Fork from here"));
}

function forkForm(session, key, stepField, result) {
  const form = h("form", { class: "fork" },
    h("label", {}, "From step", stepField),
    h("label", {}, "Change (KEY=VALUE)", h("input", { type: "text", name: "change", placeholder: "verify=top1", required: true, size: 30 })),
    h("label", {}, h("input", { type: "checkbox", name: "live" }), " make the calls that were not recorded"),
    h("button", { class: "primary" }, "Fork"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { step, change, live } = form.elements;
    const begin = form.querySelector("button");
    begin.disabled = true;
    result.replaceChildren(h("p", { class: "soft" }, "Running… ", stopButton(session, key)));
    try {
      const done = await api.fork(session, key, { step: step.value, changes: [change.value], live: live.checked });
      result.replaceChildren(outcome(done));
    } catch (error) {
      result.replaceChildren(h("p", { class: "notice bad" }, error.message));
    }
    begin.disabled = false;
  });
  return form;
}

function stopButton(session, key) {
  const button = h("button", { type: "button", class: "stop-fork" }, "Stop");
  button.addEventListener("click", async () => {
    button.disabled = true;
    await api.stopFork(session, key).catch(() => {}); // the fork itself says what became of it
  });
  return button;
}

function outcome({ run, answer, difference }) {
  const moved = difference.moved_km;
  return h("div", { class: "card" },
    h("p", { class: "best" }, answer.best ? placeName(answer.best) : "No place"),
    h("p", { class: "small" }, `Fork ${run}${answer.best ? ` · ${coordinates(answer.best)}` : ""}${["budget", "stopped"].includes(answer.stop) ? " · ended early, with the best so far" : ""}`),
    h("p", {}, typeof moved === "number" ? `The answer moved ${kilometres(moved)}.` : "No distance to show."));
}
