"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const image = (id, rest) => `iiif/3/${encodeURIComponent(id)}/${rest}`;
  const size = (bytes) => bytes < 1e3 ? `${bytes} bytes` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  function element(name, attributes = {}, ...content) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...content);
    return made;
  }

  // ---- gallery ------------------------------------------------------------------------------------------------

  let listed = null;
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((e) => e.isIntersecting)) {
      seen.unobserve(entry.target);
      fill(entry.target);
    }
  }, { rootMargin: "300px" });

  async function facts(id) {
    const answer = await fetch(`facts/${encodeURIComponent(id)}`);
    return answer.ok ? answer.json() : { error: await answer.text() };
  }

  async function fill(card) {
    const { id } = card.dataset, frame = card.querySelector(".frame"), about = card.querySelector("small");
    try {
      const told = await facts(id);
      if (told.error) {
        frame.append(element("p", {}, `Broken: ${told.error}`));
        return;
      }
      about.textContent = `${told.width} × ${told.height}, ${size(told.bytes)}`;
      const picture = element("img", { alt: "", decoding: "async" }), waiting = element("span", { class: "note" }, "decoding");
      picture.addEventListener("load", () => waiting.remove());
      picture.addEventListener("error", () => frame.replaceChildren(element("p", {}, "Broken: it cannot be decoded")));
      picture.src = image(id, "full/!320,320/0/default.webp");
      frame.append(waiting, picture);
    } catch {
      frame.append(element("p", {}, "The server does not answer"));
    }
  }

  async function gallery() {
    at("viewer").hidden = true;
    at("gallery").hidden = false;
    document.title = "Pictures";
    if (!listed) {
      try {
        listed = (await (await fetch("files.json")).json()).files;
      } catch {
        at("count").textContent = "The server does not answer.";
        return;
      }
    }
    list();
  }

  function list() {
    const words = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = listed.filter(({ id }) => words.every((word) => id.toLowerCase().includes(word)));
    const shown = chosen.slice(0, 2000);
    const more = shown.length < chosen.length ? `, the first ${shown.length} of them shown` : "";
    at("count").textContent = `${chosen.length} file${chosen.length === 1 ? "" : "s"}${more}`;
    at("cards").replaceChildren(...shown.map(({ id, bytes }) => {
      const caption = element("div", { class: "caption" }, id, element("small", {}, size(bytes)));
      const link = element("a", { href: `#${encodeURIComponent(id)}` }, element("div", { class: "frame" }), caption);
      const card = element("li", {}, link);
      card.dataset.id = id;
      seen.observe(card);
      return card;
    }));
  }
  at("find").addEventListener("input", list);

  // ---- tiles --------------------------------------------------------------------------------------------------

  const TILE = 512, MOST_TILES = 400, LOADING = 6;
  const canvas = at("canvas"), brush = canvas.getContext("2d");
  let picture = null; // { id, width, height, largest, lowest, tiles }
  const view = { x: 0, y: 0, scale: 1, beside: false, split: 0.5 }; // x, y: centre, of the original; scale: device pixels
  let wanted = [], loading = new Map(), drawing = false;

  const key = (kind, level, column, row) => `${kind}/${level}/${column}/${row}`;
  const scaleOf = (level) => 2 ** level;

  /** The level, log2 of its scale, that has at least a pixel for each of the screen. */
  function levelOf(scale) {
    const level = Math.ceil(Math.log2(scale) - 0.01);
    return Math.min(Math.log2(picture.largest), Math.max(picture.lowest, level));
  }
  function place(level, column, row) {
    const side = TILE / scaleOf(level), x = column * side, y = row * side;
    return { x, y, width: Math.min(side, picture.width - x), height: Math.min(side, picture.height - y) };
  }
  function address(kind, level, column, row) {
    const { x, y, width, height } = place(level, column, row), scale = scaleOf(level);
    const pixels = [width, height].map((n) => Math.ceil(n * scale));
    const rest = `${x},${y},${width},${height}/${level > 0 ? "^" : ""}${pixels}/0/default.webp`;
    return kind === "cubic" ? `cubic/${encodeURIComponent(picture.id)}/${rest}` : image(picture.id, rest);
  }
  function visible(level) {
    const side = TILE / scaleOf(level), half = [canvas.width / view.scale / 2, canvas.height / view.scale / 2];
    const first = [Math.max(0, view.x - half[0]), Math.max(0, view.y - half[1])];
    const last = [Math.min(picture.width, view.x + half[0]), Math.min(picture.height, view.y + half[1])];
    const found = [];
    for (let row = Math.floor(first[1] / side); row * side < last[1]; row++)
      for (let column = Math.floor(first[0] / side); column * side < last[0]; column++) found.push([column, row]);
    const far = ([column, row]) => Math.hypot((column + 0.5) * side - view.x, (row + 0.5) * side - view.y);
    return found.sort((a, b) => far(a) - far(b));
  }

  function kinds(level) {
    return view.beside && level > 0 ? ["plain", "cubic"] : ["plain"];
  }
  function choose() {
    const level = levelOf(view.scale);
    wanted = [["plain", picture.lowest, 0, 0]];
    for (const tile of visible(level)) for (const kind of kinds(level)) wanted.push([kind, level, ...tile]);
    wanted = wanted.filter((tile) => !picture.tiles.has(key(...tile)));
    const names = new Set(wanted.map((tile) => key(...tile)));
    for (const [name, abort] of loading) if (!names.has(name)) abort.abort();
    fetchMore();
  }
  function fetchMore() {
    for (const tile of wanted) {
      if (loading.size >= LOADING) return;
      if (!loading.has(key(...tile))) load(tile);
    }
  }
  async function load(tile) {
    const name = key(...tile), abort = new AbortController(), owner = picture;
    loading.set(name, abort);
    try {
      const answer = await fetch(address(...tile), { signal: abort.signal });
      if (answer.status === 503) await new Promise((resolve) => setTimeout(resolve, 1000));
      else if (!answer.ok) throw new Error(await answer.text());
      else {
        const made = await createImageBitmap(await answer.blob());
        if (owner === picture) keep(name, made);
        wanted = wanted.filter((other) => key(...other) !== name);
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        wanted = wanted.filter((other) => key(...other) !== name);
        fail(error.message);
      }
    }
    loading.delete(name);
    if (owner === picture && picture) { draw(); fetchMore(); }
  }
  function keep(name, made) {
    picture.tiles.set(name, made);
    for (const [old, bitmap] of picture.tiles) {
      if (picture.tiles.size <= MOST_TILES) break;
      if (old !== key("plain", picture.lowest, 0, 0)) { picture.tiles.delete(old); bitmap.close(); }
    }
  }
  function fail(message) {
    at("waiting").hidden = true;
    at("error").textContent = message;
    at("error").hidden = false;
  }

  // ---- drawing ------------------------------------------------------------------------------------------------

  function draw() {
    if (drawing || !picture) return;
    drawing = true;
    requestAnimationFrame(() => { drawing = false; if (picture) paint(); });
  }
  function paint() {
    brush.clearRect(0, 0, canvas.width, canvas.height);
    const edge = Math.round(view.split * canvas.width);
    layer("plain", 0, view.beside ? edge : canvas.width);
    if (view.beside) layer("cubic", edge, canvas.width);
    tell();
  }
  function layer(kind, left, right) {
    brush.save();
    brush.beginPath();
    brush.rect(left, 0, right - left, canvas.height);
    brush.clip();
    const top = levelOf(view.scale);
    brush.imageSmoothingQuality = "high";
    for (let level = picture.lowest; level <= top; level++)
      for (const [column, row] of visible(level)) {
        const bitmap = picture.tiles.get(key(level > 0 ? kind : "plain", level, column, row));
        if (!bitmap) continue;
        const { x, y, width, height } = place(level, column, row);
        const [x0, y0, x1, y1] = [...toScreen(x, y), ...toScreen(x + width, y + height)].map(Math.round);
        brush.drawImage(bitmap, x0, y0, x1 - x0, y1 - y0);
      }
    brush.restore();
  }
  const toScreen = (x, y) => [(x - view.x) * view.scale + canvas.width / 2, (y - view.y) * view.scale + canvas.height / 2];

  function tell() {
    const dots = devicePixelRatio || 1, css = view.scale / dots;
    at("zoom").textContent = `${view.scale >= 1 ? Number(view.scale.toFixed(2)) : Number(view.scale.toPrecision(2))}×`;
    const most = Math.min(180, canvas.clientWidth / 3) / css;
    const power = 10 ** Math.floor(Math.log10(most));
    const length = [5, 2, 1].map((n) => n * power).find((n) => n <= most);
    at("bar").hidden = false;
    at("waiting").hidden = picture.tiles.size > 0;
    at("bar").querySelector("i").style.width = `${length * css}px`;
    at("bar").querySelector("span").textContent = length >= 1 ? `${length} px` : `${length.toPrecision(1)} px`;
    for (const name of ["edge", "left-label", "right-label"]) at(name).hidden = !view.beside;
    at("right-label").textContent = levelOf(view.scale) > 0 ? "cubic" : "the same, enlarge to compare";
    at("edge").style.left = `${view.split * 100}%`;
  }

  // ---- moving -------------------------------------------------------------------------------------------------

  const fitting = () => Math.min(canvas.width / picture.width, canvas.height / picture.height, picture.largest);

  function move() {
    const least = Math.min(fitting(), 1), half = [canvas.width / view.scale / 2, canvas.height / view.scale / 2];
    view.scale = Math.min(picture.largest, Math.max(least / 2, view.scale));
    const hold = (middle, length, room) => length < 2 * room ? length / 2 : Math.min(length - room, Math.max(room, middle));
    view.x = hold(view.x, picture.width, half[0]);
    view.y = hold(view.y, picture.height, half[1]);
    choose();
    draw();
  }
  /** Zoom by a factor about a point of the screen, in device pixels, which stays where it is. */
  function zoom(factor, px = canvas.width / 2, py = canvas.height / 2) {
    const scale = Math.min(picture.largest, Math.max(Math.min(fitting(), 1) / 2, view.scale * factor));
    const dx = px - canvas.width / 2, dy = py - canvas.height / 2;
    view.x += dx / view.scale - dx / scale;
    view.y += dy / view.scale - dy / scale;
    view.scale = scale;
    move();
  }
  function fit() {
    Object.assign(view, { scale: fitting(), x: picture.width / 2, y: picture.height / 2 });
    move();
  }
  function one() { zoom(1 / view.scale); }
  function beside() {
    view.beside = !view.beside;
    at("beside").setAttribute("aria-pressed", view.beside);
    move();
  }
  function about() {
    at("facts").hidden = !at("facts").hidden;
    at("about").setAttribute("aria-expanded", !at("facts").hidden);
  }
  function save() {
    canvas.toBlob((blob) => {
      const link = element("a", { href: URL.createObjectURL(blob) });
      const stem = picture.id.split("/").pop().replace(/\.ncl$/i, "");
      link.download = `${stem}@${Number(view.scale.toPrecision(3))}x.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }
  for (const [name, act] of Object.entries({ fit, one, beside, about, save, in: () => zoom(2), out: () => zoom(0.5) }))
    at(name).addEventListener("click", () => picture && act());

  const pointers = new Map();
  const dot = (event) => {
    const box = canvas.getBoundingClientRect(), dots = canvas.width / box.width;
    return [(event.clientX - box.left) * dots, (event.clientY - box.top) * dots];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, dot(event));
    canvas.classList.add("held");
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!picture || !pointers.has(event.pointerId)) return;
    const before = [...pointers.values()].map((p) => [...p]);
    pointers.set(event.pointerId, dot(event));
    const after = [...pointers.values()];
    const middle = (all) => [0, 1].map((axis) => all.reduce((sum, p) => sum + p[axis], 0) / all.length);
    const [from, to] = [middle(before), middle(after)];
    view.x -= (to[0] - from[0]) / view.scale;
    view.y -= (to[1] - from[1]) / view.scale;
    const apart = (all) => Math.hypot(all[0][0] - all[1][0], all[0][1] - all[1][1]);
    if (after.length === 2 && apart(before) > 0) zoom(apart(after) / apart(before), ...to);
    else move();
  });
  for (const name of ["pointerup", "pointercancel"])
    canvas.addEventListener(name, (event) => {
      pointers.delete(event.pointerId);
      canvas.classList.toggle("held", pointers.size > 0);
    });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (picture) zoom(2 ** (-event.deltaY * (event.deltaMode ? 16 : 1) / 240), ...dot(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => picture && zoom(2, ...dot(event)));

  const edge = at("edge");
  edge.addEventListener("pointerdown", (event) => edge.setPointerCapture(event.pointerId));
  edge.addEventListener("pointermove", (event) => {
    if (!edge.hasPointerCapture(event.pointerId)) return;
    view.split = Math.min(0.98, Math.max(0.02, dot(event)[0] / canvas.width));
    draw();
  });

  document.addEventListener("keydown", (event) => {
    if (!picture || event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "INPUT") return;
    const step = 80 * (devicePixelRatio || 1) / view.scale;
    const acts = {
      ArrowLeft: () => { view.x -= step; move(); }, ArrowRight: () => { view.x += step; move(); },
      ArrowUp: () => { view.y -= step; move(); }, ArrowDown: () => { view.y += step; move(); },
      "+": () => zoom(2), "=": () => zoom(2), "-": () => zoom(0.5), 0: fit, 1: one, c: beside, i: about, s: save,
      Escape: () => { location.hash = ""; },
      "[": () => { view.split = Math.max(0.02, view.split - 0.05); draw(); },
      "]": () => { view.split = Math.min(0.98, view.split + 0.05); draw(); },
    };
    const act = acts[event.key] || acts[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });

  function fitCanvas() {
    const dots = devicePixelRatio || 1, whole = picture && Math.abs(view.scale / fitting() - 1) < 0.01;
    const width = Math.max(1, Math.round(canvas.clientWidth * dots));
    const height = Math.max(1, Math.round(canvas.clientHeight * dots));
    if (canvas.width === width && canvas.height === height) return;
    Object.assign(canvas, { width, height });
    if (picture) whole ? fit() : move();
  }
  new ResizeObserver(fitCanvas).observe(canvas);

  // ---- one picture --------------------------------------------------------------------------------------------

  function close() {
    for (const abort of loading.values()) abort.abort();
    for (const bitmap of picture?.tiles.values() ?? []) bitmap.close();
    [picture, wanted, loading] = [null, [], new Map()];
  }

  async function open(id) {
    at("gallery").hidden = true;
    at("viewer").hidden = false;
    at("error").hidden = true;
    at("zoom").textContent = "";
    at("bar").hidden = true;
    at("waiting").hidden = false;
    at("facts").replaceChildren();
    at("name").textContent = document.title = id;
    brush.clearRect(0, 0, canvas.width, canvas.height);
    try {
      const told = await facts(id);
      if (decodeURIComponent(location.hash.slice(1)) !== id) return;
      if (told.error) return fail(told.error);
      const { width, height, enlargement: largest } = told;
      const lowest = Math.min(0, Math.floor(Math.log2(TILE / Math.max(width, height))));
      picture = { id, width, height, largest, lowest, tiles: new Map() };
      fitCanvas();
      fit();
      show(told);
      fetch(image(id, "info.json")).catch(() => {}); // has the server prepare what is to be looked at
    } catch {
      fail("The server does not answer.");
    }
  }
  function show(told) {
    const plain = (value) => typeof value === "number" ? Number(value.toPrecision(value % 1 ? 4 : 15)) : value;
    const rows = Object.entries(told).map(([name, value]) => [
      name.replaceAll("_", " "),
      value && typeof value === "object" ? Object.entries(value).map((pair) => pair.join(" ")).join(", ") : `${plain(value)}`,
    ]);
    at("facts").replaceChildren(...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
  }

  function route() {
    close();
    const id = decodeURIComponent(location.hash.slice(1));
    if (id) open(id);
    else gallery();
  }
  addEventListener("hashchange", route);
  route();
})();
