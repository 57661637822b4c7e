"use strict";
(() => {
  const rows = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const map = $("map"), dots = $("dots"), body = $("rows");
  const [width, height] = map.getAttribute("viewBox").split(" ").slice(2).map(Number);
  const percent = (p) => (p == null ? "" : Math.round(p * 100) + " %");
  const number = (v) => (v == null ? "" : Math.round(v).toLocaleString("en"));
  const kind = (r) => (r.m === "conflicts" ? "conflicts" : r.p != null && r.p >= 0.5 ? "" : "unsure");
  const tests = {
    "": () => true,
    unsure: (r) => r.s === "located" && !(r.p >= 0.5),
    conflicts: (r) => r.m === "conflicts",
    misfits: (r) => r.x === true,
    failed: (r) => r.s === "failed",
    unlocated: (r) => r.s === "unlocated",
  };
  const most = Number(dots.dataset.most);
  const drawn = new Map();
  let key = "f", down = false, limit = 200, chosen = null, box = [0, 0, width, height];

  const place = (r) => [((r.o + 180) / 360) * width, ((85 - r.a) / 145) * height];
  const zoom = () => {
    map.setAttribute("viewBox", box.join(" "));
    const size = (4 * box[2]) / width;
    for (const dot of dots.children) dot.setAttribute("r", dot.classList.contains("on") ? 2 * size : size);
  };
  const draw = (r) => {
    let dot = drawn.get(r);
    if (!dot) {
      dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      const [x, y] = place(r);
      dot.setAttribute("cx", x.toFixed(1));
      dot.setAttribute("cy", y.toFixed(1));
      dot.setAttribute("class", kind(r));
      dot.row = r;
      dot.addEventListener("click", () => choose(r, true));
      drawn.set(r, dot);
    }
    dot.classList.toggle("on", r === chosen);
    return dot;
  };
  const cell = (tr, text, name) => {
    const td = tr.insertCell();
    td.textContent = text == null ? "" : text;
    if (name) td.className = name;
    return td;
  };
  const list = () => {
    const words = $("find").value.toLowerCase(), test = tests[$("only").value];
    const found = rows.filter((r) => test(r) && (!words || (r.f + " " + (r.n || "")).toLowerCase().includes(words)));
    const last = (v) => v === undefined || v === null;
    found.sort((a, b) => {
      const x = a[key], y = b[key];
      if (last(x) || last(y)) return last(x) - last(y);
      const order = typeof x === "string" ? x.localeCompare(y) : x - y;
      return down ? -order : order;
    });
    return found;
  };
  const show = () => {
    const found = list();
    body.replaceChildren();
    for (const r of found.slice(0, limit)) {
      const tr = body.insertRow();
      tr.className = r.s + (r === chosen ? " on" : "");
      const picture = tr.insertCell();
      if (r.t) {
        const img = document.createElement("img");
        img.loading = "lazy";
        img.alt = "";
        img.src = r.t.startsWith("thumbnails/") ? r.t : "data:image/jpeg;base64," + r.t;
        picture.append(img);
      }
      cell(tr, r.f, "file");
      const where = cell(tr, r.n || "", "place");
      const small = document.createElement("small");
      small.textContent = r.h;
      where.append(small);
      cell(tr, percent(r.p));
      cell(tr, percent(r.q));
      cell(tr, number(r.k));
      cell(tr, r.m ? (r.d == null ? r.m : r.m + ", " + number(r.d) + " km (" + r.g + ")") : "");
      cell(tr, r.j == null ? "" : percent(r.j) + (r.v >= 1 ? ", moved " + number(r.v) + " km" : "") + (r.x ? ", does not fit" : ""));
      tr.addEventListener("click", () => choose(r, false));
    }
    $("shown").textContent = found.length.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " photos";
    $("more").hidden = found.length <= limit;
    const placed = found.filter((r) => r.a !== undefined);
    const first = placed.slice(0, most);
    if (chosen && placed.includes(chosen) && !first.includes(chosen)) first.push(chosen);
    dots.replaceChildren(...first.map(draw));
    $("most").hidden = placed.length <= most;
    zoom();
  };
  const choose = (r, scroll) => {
    chosen = r;
    if (scroll) limit = Math.max(limit, list().indexOf(r) + 1);
    show();
    if (scroll) {
      const line = body.querySelector("tr.on");
      if (line) line.scrollIntoView({ block: "center" });
    }
  };
  for (const th of document.querySelectorAll("th[data-k]")) {
    th.addEventListener("click", () => {
      down = key === th.dataset.k ? !down : !["f", "n"].includes(th.dataset.k);
      key = th.dataset.k;
      for (const other of document.querySelectorAll("th[data-k]")) other.className = "";
      th.className = down ? "down" : "up";
      show();
    });
  }
  $("find").addEventListener("input", show);
  $("only").addEventListener("change", show);
  $("more").addEventListener("click", () => { limit += 1000; show(); });
  map.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = map.getBoundingClientRect();
    const scale = Math.max(box[2] / at.width, box[3] / at.height);
    const x = box[0] + box[2] / 2 + (event.clientX - at.left - at.width / 2) * scale;
    const y = box[1] + box[3] / 2 + (event.clientY - at.top - at.height / 2) * scale;
    const by = Math.min(width / box[2], Math.max(0.002 * width / box[2], event.deltaY > 0 ? 1.25 : 0.8));
    box = [x - (x - box[0]) * by, y - (y - box[1]) * by, box[2] * by, box[3] * by];
    zoom();
  }, { passive: false });
  let grip = null;
  map.addEventListener("pointerdown", (event) => { grip = [event.clientX, event.clientY]; });
  addEventListener("pointerup", () => { grip = null; });
  addEventListener("pointermove", (event) => {
    if (!grip) return;
    const at = map.getBoundingClientRect(), scale = Math.max(box[2] / at.width, box[3] / at.height);
    box[0] -= (event.clientX - grip[0]) * scale;
    box[1] -= (event.clientY - grip[1]) * scale;
    grip = [event.clientX, event.clientY];
    zoom();
  });
  const count = (name) => rows.filter(tests[name]).length.toLocaleString("en");
  const located = rows.filter((r) => r.s === "located").length.toLocaleString("en");
  $("sum").textContent = located + " located, " + count("unsure") + " of them uncertain, " + count("conflicts") +
    " conflict with their own position, " + count("failed") + " failed";
  show();
})();
