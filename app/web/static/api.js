// The server's HTTP API. Every refusal comes back as one line of text.

/** A refusal in one line; ``later`` where the same request may be taken later: the session is at work, the server is full. */
export class Problem extends Error {
  constructor(message, status = 0) {
    super(message);
    this.later = [0, 409, 429, 503].includes(status);
  }
}

/** An id for a message; crypto.randomUUID exists on secure pages only, and a server in the house has none. */
export const makeId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function asked(path, options = {}) {
  let reply;
  try {
    reply = await fetch(path, { ...options, headers: { "X-Sextant": "1", ...options.headers } });
  } catch {
    throw new Problem("The server does not answer. Is sextant serve still running?");
  }
  if (reply.ok) return reply.json();
  const text = await reply.text();
  try {
    const detail = JSON.parse(text).detail;
    throw new Problem(typeof detail === "string" ? detail : detail.map((one) => `${one.loc.at(-1)}: ${one.msg}`).join("; "), reply.status);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(text.slice(0, 200) || `the server answered ${reply.status}`, reply.status);
  }
}

const json = (body) => ({ method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
const at = (session, rest = "") => `/api/sessions/${encodeURIComponent(session)}${rest}`;

export const api = {
  about: () => asked("/api/about"),
  outlines: () => asked("/api/outlines"),
  tile: (zoom, x, y) => asked(`/api/basemap/${zoom}/${x}/${y}`),
  streets: (latitude, longitude, metres) => asked(`/api/streets?latitude=${latitude}&longitude=${longitude}&metres=${metres}`),
  reports: () => asked("/api/reports"),
  sessions: () => asked("/api/sessions"),
  create: () => asked("/api/sessions", { method: "POST" }),
  view: (session) => asked(at(session)),
  turns: (session, before) => asked(at(session, `/turns?before=${before}`)),
  say(session, text, files, photo, id = makeId()) {
    const form = new FormData();
    form.append("id", id);
    form.append("text", text);
    if (photo) form.append("photo", photo);
    for (const file of files) form.append("files", file, file.name);
    return asked(at(session, "/messages"), { method: "POST", body: form });
  },
  steer: (session, wish) => asked(at(session, "/steer"), json(wish)),
  together: (session, way) => asked(at(session, `/together/${way}`)),
  stop: (session) => asked(at(session, "/stop"), { method: "POST" }),
  resume: (session) => asked(at(session, "/resume"), { method: "POST" }),
  run: (session, key) => asked(at(session, `/photos/${key}/run`)),
  runPicture: (session, key, sha256) => at(session, `/photos/${key}/run/pictures/${sha256}`),
  fork: (session, key, wish) => asked(at(session, `/photos/${key}/run/fork`), json(wish)),
  stopFork: (session, key) => asked(at(session, `/photos/${key}/run/fork/stop`), { method: "POST" }),
  picture: (session, key, small) => at(session, `/photos/${key}/picture${small ? "?small=true" : ""}`),
  neighbour: (session, key, side, number) => at(session, `/photos/${key}/neighbours/${side}/${number}`),
  look: (session, key, number) => at(session, `/photos/${key}/looks/${number}`),
  match: (session, key, number) => at(session, `/photos/${key}/matches/${number}`),
  exported: (session, kind) => at(session, `/export/${kind}`),
  events: (session) => at(session, "/events"),
};
