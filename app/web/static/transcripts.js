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
    run.prompts[branch.variant] ? promptText(branch, run, plan, fork) : null,
    h("details", {}, h("summary", {}, "The whole prompt, as it was sent"), opening),
    promptChoice(branch, run, plan, fork),
    branch.turns.map((turn) => said(turn, branch, picture, fork)));
}

/** The words of a prompt, edited where they stand; what it lists, the answer's form and the photo are added to them. */
function promptText(branch, run, plan, fork) {
  const { text, version, name } = run.prompts[branch.variant];
  const body = h("div", {}, h("pre", { tabIndex: 0 }, text));
  const edit = () => {
    const area = h("textarea", { rows: 8, "aria-label": `New text of the prompt ${name}`, "aria-describedby": `about-${branch.id}` });
    area.value = text;
    const go = h("button", { class: "primary", onclick: () => fork.prompt(String(plan), `prompt.${branch.variant}=${area.value}`) }, "Ask with this text");
    body.replaceChildren(area, h("p", { class: "small", id: `about-${branch.id}` }, "The role, the listed photos, the form of the answer and the photo itself are added to it. The model is asked again, for every branch of this prompt; its calls count against the session's."),
      h("div", { class: "tools" }, go, h("button", { onclick: () => body.parentElement.replaceWith(promptText(branch, run, plan, fork)) }, "Cancel")));
    area.focus();
  };
  return h("div", { class: "prompt-text" },
    h("p", { class: "small" }, `prompt ${name} · version ${version} `, h("button", { class: "plain", onclick: edit, "aria-label": `Edit the prompt ${name} of ${branch.id}` }, "Edit")),
    body);
}

function promptChoice(branch, run, plan, fork) {
  const select = h("select", { "aria-label": `Another prompt in place of ${branch.variant}` }, h("option", { value: "" }, "Ask another prompt instead…"), run.variants.filter((id) => id !== branch.variant).map((id) => h("option", { value: id }, id)));
  const go = h("button", { disabled: true, onclick: () => fork.prompt(String(plan), `variant.${branch.variant}=${select.value}`) }, "Ask it");
  select.addEventListener("change", () => (go.disabled = !select.value));
  return h("p", { class: "tools" }, select, go);
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
