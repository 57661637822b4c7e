// Photos that wait: more than fit one message are sent one message after another, and may be added while others are located.

const BATCH = 8; // photos of one message of a long queue: results come in while the rest waits

export class PhotoQueue {
  constructor(changed) {
    this.waiting = [];
    this.changed = changed;
    addEventListener("beforeunload", (event) => this.waiting.length && event.preventDefault());
  }

  get files() {
    return this.waiting.flatMap((one) => one.files);
  }

  add(text, files, most) {
    const size = files.length > most ? Math.min(BATCH, most) : most;
    for (let start = 0; start < files.length; start += size) this.waiting.push({ text, files: files.slice(start, start + size) });
    this.changed();
  }

  next() {
    const one = this.waiting.shift();
    this.changed();
    return one;
  }

  clear() {
    this.waiting = [];
    this.changed();
  }
}
