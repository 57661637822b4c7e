// Photos that wait: more than fit one message are sent one message after another, and may be added while others are
// located. They are kept in this browser (IndexedDB) until the server has them, so that a reload loses none.

import { makeId } from "./api.js";

const BATCH = 8; // photos of one message of a long queue: results come in while the rest waits
const STORE = "waiting";

export class PhotoQueue {
  constructor(changed) {
    this.waiting = [];
    this.session = null;
    this.kept = true; // false where this browser stores nothing: then the page must stay open
    this.changed = changed;
    addEventListener("beforeunload", (event) => this.waiting.length && !this.kept && event.preventDefault());
  }

  get files() {
    return this.waiting.flatMap((one) => one.files);
  }

  /** Show the queue of another session: what was kept of it. */
  async open(session) {
    this.session = session;
    this.waiting = [];
    const found = session ? await this.#ask("readonly", (store) => store.getAll()) : [];
    if (this.session !== session) return;
    this.waiting = (found ?? []).filter((one) => one.session === session).sort((a, b) => a.order - b.order);
    this.changed();
  }

  async add(text, files, most) {
    const size = files.length > most ? Math.min(BATCH, most) : most;
    const made = [];
    for (let start = 0; start < files.length; start += size) {
      made.push({ id: makeId(), session: this.session, order: Date.now() + start / 1000, text, files: files.slice(start, start + size) });
    }
    this.waiting.push(...made);
    this.changed();
    await this.#ask("readwrite", (store) => made.forEach((one) => store.put(one)));
    this.changed();
  }

  /** The next message; what another tab of this browser has sent meanwhile is passed over. */
  async next() {
    while (this.waiting.length) {
      const one = this.waiting[0];
      const there = this.kept && (await this.#ask("readonly", (store) => store.getKey(one.id)));
      if (!this.kept || there) return one;
      this.waiting.shift();
      this.changed();
    }
    return null;
  }

  /** The server has it, or will never take it. */
  async done(one) {
    this.waiting = this.waiting.filter((other) => other !== one);
    this.changed();
    await this.#ask("readwrite", (store) => store.delete(one.id));
  }

  async clear() {
    const gone = this.waiting;
    this.waiting = [];
    this.changed();
    await this.#ask("readwrite", (store) => gone.forEach((one) => store.delete(one.id)));
  }

  /** How many photos of each session wait. */
  async count() {
    const found = new Map();
    for (const one of (await this.#ask("readonly", (store) => store.getAll())) ?? []) found.set(one.session, (found.get(one.session) ?? 0) + one.files.length);
    return found;
  }

  /** Do one thing with what is kept; null where this browser keeps nothing. */
  async #ask(mode, action) {
    try {
      const database = await openDatabase();
      return await new Promise((resolve, reject) => {
        const change = database.transaction(STORE, mode);
        const request = action(change.objectStore(STORE));
        change.oncomplete = () => resolve(request?.result ?? null);
        change.onabort = change.onerror = () => reject(change.error);
      });
    } catch {
      this.kept = false; // a private window, or a full disk
      return null;
    }
  }
}

let opened = null;

function openDatabase() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("sextant", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}
