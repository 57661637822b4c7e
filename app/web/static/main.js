// The page: one session at a time, followed by its events; everything it shows comes from the session's own view.

import { $, h, plural } from "./dom.js";
import { api } from "./api.js";
import { showPending, showTurns } from "./conversation.js";
import { showEvidence } from "./evidence.js";
import { openViewer } from "./viewer.js";
import { showOverview } from "./overview.js";
import { PhotoQueue } from "./queue.js";
import { showSessions } from "./sessions.js";
import { beginWork, describeStep, endWork, step } from "./work.js";

const state = { session: null, view: null, about: null, chosen: [], stream: null, world: null, photo: null, fitted: null, overview: false, joint: null, working: new Map() };
const queue = new PhotoQueue(() => showWaiting());

const RETRY_MS = 5000; // until a message of the queue is tried again that the server could not take

const problem = (text) => {
  $("problem").textContent = text;
  $("problem").hidden = !text;
};

async function trying(action) {
  problem("");
  return unasked(action);
}

// What nobody clicked for leaves the message of the last click standing.
async function unasked(action) {
  try {
    return await action();
  } catch (error) {
    problem(error.message);
    return null;
  }
}

// The map comes after the first paint: the conversation does not wait for it.
async function loadMap() {
  document.head.append(h("link", { rel: "stylesheet", href: "/static/vendor/leaflet.css" }));
  await new Promise((resolve, reject) => document.head.append(h("script", { src: "/static/vendor/leaflet.js", onload: resolve, onerror: reject })));
  const { WorldMap, Pencil } = await import("./map.js");
  state.world = new WorldMap(state.about);
  state.pencil = new Pencil(state.world, (corners, rule, replaces) => steer({ kind: "polygon", corners, rule, replaces }));
  showMap(true);
  if (!state.about.tiles && !state.about.basemap) state.world.drawLand(await api.outlines());
}

function follow(session) {
  state.stream?.close();
  const stream = new EventSource(api.events(session));
  state.stream = stream;
  stream.addEventListener("session", (event) => show(JSON.parse(event.data)));
  stream.addEventListener("step", (event) => {
    const told = JSON.parse(event.data);
    step(told);
    noteStep(told);
  });
  stream.addEventListener("working", (event) => {
    beginWork();
    busy(true);
    const { text } = JSON.parse(event.data);
    if (!text) return;
    $("welcome").hidden = true;
    showPending(text, state.sending ?? []);
  });
  stream.addEventListener("idle", async () => {
    endWork();
    state.working.clear();
    busy(false);
    await listSessions();
    sendNext();
  });
  stream.addEventListener("error", (event) => {
    if (event.data) problem(JSON.parse(event.data).text);
    else if (stream.readyState === EventSource.CLOSED) problem("The connection was lost; reload the page.");
  });
}

function busy(working) {
  $("stop").hidden = !working;
  $("send").disabled = working && !state.chosen.length;
  state.busy = working;
  for (const button of $("quick").children) button.disabled = working;
}

function noteStep(event) {
  if (!event.photo) return;
  const first = (state.view?.photos.length ?? 0) + 1;
  const file = (state.sending ?? [])[Number(event.photo) - first];
  const name = file?.name ?? `photo ${event.photo}`;
  const words = describeStep(event) ?? state.working.get(event.photo)?.words ?? "at work";
  state.working.set(event.photo, { name, words });
  if (state.overview) drawOverview();
}

function show(view) {
  state.view = view;
  state.joint = null;
  const located = view.photos.filter((photo) => photo.status === "located");
  $("welcome").hidden = view.turns.length > 0;
  document.querySelector(".frame").classList.toggle("empty", !view.photos.length);
  $("quick").hidden = !located.length;
  $("cut").hidden = !view.interrupted;
  if (view.busy) busy(true);
  const tokens = view.spent.input_tokens + view.spent.output_tokens;
  $("spend").textContent = view.spent.calls ? `${plural(view.spent.calls, "call")} · ${tokens.toLocaleString("en")} tokens` : "";
  showTurns(view, trying);
  choosePhoto(view);
  showMap();
  if (!view.busy && !view.interrupted) sendNext();
}

function choosePhoto(view) {
  const keys = view.photos.map((photo) => photo.key);
  const told = view.turns.at(-1)?.photo;
  if (told && keys.includes(told)) state.photo = told;
  if (!keys.includes(state.photo)) state.photo = keys.at(-1) ?? null;
  $("photo").replaceChildren(...view.photos.map((photo) => h("option", { value: photo.key, selected: photo.key === state.photo }, `${photo.name} ${photo.file ?? ""}`)));
  document.querySelector(".photo-choice").hidden = !keys.length;
  $("which").hidden = keys.length < 2;
  const several = keys.length + queue.files.length > 1;
  $("overview").hidden = !several;
  $("overview").textContent = `All ${keys.length + queue.files.length} photos`;
  if (!several) setOverview(false);
  $("overview").setAttribute("aria-pressed", String(state.overview));
}

function showWaiting() {
  const { length } = queue.files;
  $("waiting").hidden = !length;
  const waits = length === 1 ? "1 photo waits to be sent" : `${length} photos wait to be sent`;
  $("waiting-words").textContent = queue.kept ? `${waits}; kept in this browser until then.` : `${waits}; keep this page open.`;
  if (state.overview) drawOverview();
}

function drawOverview() {
  if (!state.view) return;
  const photos = state.view.photos.filter((photo) => photo.status === "located");
  state.world?.showAll(photos, state.joint, choosePhotoAlone);
  showOverview($("evidence"), state.view, state.working, queue.files.map((file) => file.name), {
    choose: choosePhotoAlone,
    together: async (way) => {
      state.joint = state.joint?.way === way ? null : await trying(() => api.together(state.session, way));
      drawOverview();
    },
  }, state.joint);
}

/** A session shows all its photos again after a reload. */
function setOverview(on) {
  state.overview = on;
  $("overview").setAttribute("aria-pressed", String(on));
  if (state.session) sessionStorage.setItem(`overview ${state.session}`, on ? "on" : "");
}

function choosePhotoAlone(key) {
  setOverview(false);
  state.photo = key;
  $("photo").value = key;
  showMap(true);
  $("overview").focus();
}

function showMap(afresh = false) {
  const photo = state.view?.photos.find((one) => one.key === state.photo) ?? null;
  const located = photo?.status === "located";
  $("open-run").hidden = $("export").hidden = !located;
  if (state.overview) return drawOverview();
  const best = located ? photo.answer.best : null;
  $("headline").hidden = !best;
  $("headline").textContent = best ? photo.told.headline : "";
  const mark = best ? `${photo.key} ${best.latitude} ${best.longitude} ${photo.constraints.length}` : null;
  state.world?.show(photo, afresh || mark !== state.fitted);
  if (state.world) state.fitted = mark;
  showEvidence(state.view, photo, {
    links: state.about?.links ?? [],
    words: (text) => steer({ kind: "words", text }),
    place: (kind, place) => steer({ kind, latitude: place.latitude, longitude: place.longitude }),
    focus: (place) => state.world?.focus(place),
    remove: (number) => steer({ kind: "remove", number }),
    edit: (area) => state.pencil?.edit(area),
  });
}

const steer = (wish) => trying(() => api.steer(state.session, { ...wish, photo: state.photo }));

async function send(text, files) {
  if (!text && !files.length) return;
  const large = files.find((file) => file.size > state.about.upload_bytes);
  if (large) return problem(`${large.name} has more than ${Math.floor(state.about.upload_bytes / 2 ** 20)} MB; export it smaller`);
  const most = state.about.photos_a_message;
  if (files.length > most || (files.length && state.busy)) {
    if (!state.session && !(await trying(begun))) return null;
    clearForm();
    if (files.length > 1) setOverview(true);
    await queue.add(text, files, most);
    return state.busy ? null : sendNext();
  }
  return sendNow(text, files);
}

async function begun() {
  if (!state.session) await open((await api.create()).session);
  return state.session;
}

/** Send the next message of the queue. What cannot be taken now is tried again when the session is idle. */
async function sendNext() {
  if (state.busy || state.asking || state.view?.interrupted || !queue.waiting.length) return;
  state.asking = true;
  const one = await queue.next();
  if (!one || one.session !== state.session || state.busy) {
    state.asking = false;
    return;
  }
  const sent = await sendNow(one.text, one.files, one.id);
  if (sent !== "later") await queue.done(one);
  state.asking = false;
  if (sent === "later") setTimeout(sendNext, RETRY_MS);
  else sendNext(); // the session may be idle again already
}

/** Send a message: "taken", "refused" for good, or "later" where the server may take it later. */
async function sendNow(text, files, id) {
  problem("");
  let taken;
  try {
    const session = await begun();
    busy(true);
    state.sending = files;
    taken = await api.say(session, text, files, files.length ? null : state.photo, id);
  } catch (error) {
    problem(error.message);
    busy(false);
    return error.later ? "later" : "refused";
  }
  if (taken.refused.length) problem(taken.refused.map((one) => `${one.file} ${one.reason}`).join("; "));
  if (files.every((file) => state.chosen.includes(file))) clearForm();
  return "taken";
}

function clearForm() {
  $("text").value = "";
  grow();
  choose([]);
}

function choose(files) {
  state.chosen = files;
  $("send").disabled = Boolean(state.busy) && !files.length;
  $("chosen").replaceChildren(...files.map((file, index) => {
    const image = h("img", { alt: file.name, src: URL.createObjectURL(file) });
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    const remove = () => choose(state.chosen.filter((_, other) => other !== index));
    return h("li", {}, image, h("button", { type: "button", "aria-label": `Remove ${file.name}`, onclick: remove }, "×"));
  }));
}

function grow() {
  $("text").style.height = "auto";
  $("text").style.height = `${$("text").scrollHeight}px`;
}

async function open(session) {
  state.session = session;
  state.photo = state.fitted = null;
  if (location.hash.slice(1) !== session) history.replaceState(null, "", `#${session}`);
  endWork();
  busy(false);
  state.overview = sessionStorage.getItem(`overview ${session}`) === "on";
  await queue.open(session);
  if (state.session !== session) return;
  follow(session);
  $("sessions").classList.remove("open");
  await listSessions();
}

async function listSessions() {
  const [sessions, waiting] = await Promise.all([unasked(() => api.sessions()), queue.count()]);
  showSessions($("session-list"), sessions ?? [], state.session, waiting, open);
}

async function fresh() {
  state.stream?.close();
  Object.assign(state, { session: null, view: null, photo: null, fitted: null });
  await queue.open(null);
  history.replaceState(null, "", "#");
  show({ turns: [], photos: [], spent: { calls: 0, input_tokens: 0, output_tokens: 0 } });
  endWork();
  busy(false);
  problem("");
  $("sessions").classList.remove("open");
  $("text").focus();
}

async function showReports() {
  const reports = await unasked(() => api.reports());
  $("reports").hidden = !reports?.length;
  $("report-list").replaceChildren(...(reports ?? []).map((one) => h("li", {}, h("a", { href: `/reports/${one.number}`, target: "_blank", rel: "noopener" }, one.name))));
}

function theme(next) {
  if (next) localStorage.setItem("theme", next);
  const kept = localStorage.getItem("theme");
  if (kept) document.documentElement.dataset.theme = kept;
  state.world?.restyle();
}

function wire() {
  $("say").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!state.busy || state.chosen.length) send($("text").value.trim(), state.chosen);
  });
  $("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      $("say").requestSubmit();
    }
  });
  $("text").addEventListener("input", grow);
  for (const button of $("quick").children) button.addEventListener("click", () => send(button.textContent, []));
  for (const id of ["choose", "attach"]) $(id).addEventListener("click", () => $("files").click());
  $("files").addEventListener("change", () => {
    choose([...state.chosen, ...$("files").files]);
    $("files").value = "";
    $("text").focus();
  });
  $("stop").addEventListener("click", () => trying(() => api.stop(state.session)));
  $("resume").addEventListener("click", () => trying(() => api.resume(state.session)));
  $("new-session").addEventListener("click", fresh);
  $("open-sessions").addEventListener("click", () => {
    const shown = $("sessions").classList.toggle("open");
    $("open-sessions").setAttribute("aria-expanded", String(shown));
  });
  $("photo").addEventListener("change", () => {
    state.photo = $("photo").value;
    showMap(true);
  });
  $("drop-waiting").addEventListener("click", () => queue.clear());
  $("overview").addEventListener("click", () => {
    setOverview(!state.overview);
    state.joint = null;
    showMap(true);
  });
  $("open-run").addEventListener("click", () => openViewer(state.session, state.photo));
  $("export").addEventListener("change", () => {
    const kind = $("export").value;
    $("export").value = "";
    if (kind) h("a", { href: api.exported(state.session, kind), download: "" }).click(); // "html?picture=false" too
  });
  $("theme").addEventListener("click", () => {
    const now = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    theme(now === "dark" ? "light" : "dark");
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => state.world?.restyle());
  wireDrops();
}

function wireDrops() {
  const photos = (list) => [...list].filter((file) => file.size > 0);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    $("drop").hidden = false;
  });
  $("drop").addEventListener("dragleave", () => ($("drop").hidden = true));
  addEventListener("drop", (event) => {
    event.preventDefault();
    $("drop").hidden = true;
    choose([...state.chosen, ...photos(event.dataTransfer.files)]);
  });
  addEventListener("paste", (event) => {
    const pasted = photos(event.clipboardData.files);
    if (pasted.length) choose([...state.chosen, ...pasted]);
  });
  addEventListener("hashchange", () => {
    const session = location.hash.slice(1);
    if (session && session !== state.session) open(session);
  });
}

async function begin() {
  theme();
  wire();
  state.about = await unasked(() => api.about());
  if (!state.about) return;
  $("model").textContent = state.about.offline ? "no model: similar photos" : state.about.model;
  if (state.about.precision) {
    $("precision").hidden = false;
    $("precision").textContent = `precision: ${state.about.precision.cap ?? "by country"}`;
    $("precision").title = state.about.precision.reason;
  }
  if (location.hash.length > 1) await open(location.hash.slice(1));
  else {
    document.querySelector(".frame").classList.add("empty");
    document.querySelector(".photo-choice").hidden = true;
    await listSessions();
  }
  await unasked(loadMap);
  if (state.about.reports) showReports();
}

begin();
