// Two branches' transcripts beside each other, with the pictures they were shown; replies and tool results are edited in place.

import { h } from "./dom.js";
import { api } from "./api.js";

export function showTranscripts(box, session, key, run, chosen, fork) {
  const branches = chosen.map((id) => run.branches.find((branch) => branch.id === id)).filter(Boolean);
  box.replaceChildren(...branches.map((branch) => column(branch, session, key, run, fork)));
  if (!branches.length) box.replaceChildren(h("p", { class: "soft" }, "No branch is chosen."));
}

function column(branch, session, key, run, fork) {
  const picture = (sha256) => h("img", { src: api.runPicture(session, key, sha256), alt: "A picture that this branch was shown", loading: "lazy" });
  const opening = branch.opening.map((message) => [h("p", { class: "small" }, message.role), h("pre", { tabIndex: 0 }, message.text), h("div", { class: "shown" }, message.pictures.map(picture))]).flat();
  const plan = run.steps.find((step) => step.node === "plan" && step.step > 0)?.step ?? 1;
  return h("section", { class: "transcript", "aria-label": branch.id },
    h("h4", {}, branch.id),
    h("details", {}, h("summary", {}, "The prompt"), opening),
    promptChoice(branch, run, plan, fork),
    branch.turns.map((turn) => said(turn, branch, picture, fork)));
}

function promptChoice(branch, run, plan, fork) {
  const select = h("select", { "aria-label": `Another prompt in place of ${branch.variant}` }, h("option", { value: "" }, "Ask another prompt instead…"), run.variants.filter((id) => id !== branch.variant).map((id) => h("option", { value: id }, id)));
  select.addEventListener("change", () => select.value && fork.change(String(plan), `variant.${branch.variant}=${select.value}`));
  return h("p", {}, select);
}

function said(turn, branch, picture, fork) {
  const editable = turn.role === "assistant" ? "text" : turn.role === "tool" ? `result.${turn.name}` : null;
  const text = turn.content || (turn.failure ? turn.failure.message : "");
  const body = h("div", {}, text ? h("pre", { tabIndex: 0 }, text) : null, (turn.tool_calls ?? []).map((call) => h("pre", { class: "call", tabIndex: 0 }, `calls ${call.name}(${JSON.stringify(call.args)})`)), h("div", { class: "shown" }, (turn.images ?? []).map(picture)));
  const edit = () => {
    const area = h("textarea", { rows: 6, "aria-label": `New text of step ${turn.step}` });
    area.value = text;
    const go = h("button", { class: "primary", onclick: () => fork.change(`${turn.step}:${branch.id}`, `${editable}=${area.value}`) }, "Fork with this text");
    body.replaceChildren(area, h("div", { class: "tools" }, go, h("button", { onclick: () => body.replaceWith(said(turn, branch, picture, fork).lastChild) }, "Cancel")));
    area.focus();
  };
  const tokens = turn.usage ? ` · ${turn.usage.input_tokens + turn.usage.output_tokens} tokens` : "";
  return h("div", { class: "said-turn" },
    h("p", { class: "small" }, `step ${turn.step} · ${turn.role}${turn.name ? ` ${turn.name}` : ""}${tokens} `, editable ? h("button", { class: "plain", onclick: edit, "aria-label": `Edit step ${turn.step} of ${branch.id}` }, "Edit") : null),
    body);
}
