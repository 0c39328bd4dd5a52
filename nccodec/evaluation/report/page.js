"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);

  function element(name, attributes = {}, text = "") {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  }
  function drawn(name, attributes = {}, text = "") {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  }
  /** A row of buttons of which one is pressed; choose(value) is called now and at each change. */
  function choice(parent, options, first, choose) {
    const press = (value) => {
      for (const button of parent.children) button.setAttribute("aria-pressed", button.dataset.value === String(value));
      choose(value);
    };
    for (const [value, label] of options) {
      const button = element("button", { type: "button", "data-value": value }, label);
      button.addEventListener("click", () => press(value));
      parent.append(button);
    }
    press(first);
  }

  // ---- curves -------------------------------------------------------------------------------------------------

  const METRICS = {
    "psnr-rgb": { label: "PSNR (RGB), dB", short: "PSNR", value: (v) => v, tell: (v) => `${v.toFixed(2)} dB` },
    "ms-ssim-rgb": {
      label: "MS-SSIM (RGB), dB", short: "MS-SSIM", value: (v) => -10 * Math.log10(Math.max(1 - v, 1e-12)),
      tell: (v) => `MS-SSIM ${v.toFixed(4)}`,
    },
    "ssimulacra2": {
      label: "SSIMULACRA2", short: "SSIMULACRA2", value: (v) => v, tell: (v) => `SSIMULACRA2 ${v.toFixed(2)}`,
    },
  };
  const SHAPES = ["M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0", "M-4,-4h8v8h-8z", "M0,-5l5,5l-5,5l-5,-5z", "M0,-5l5,9h-10z"];
  const curves = data.curves.map((curve, i) => ({
    ...curve, colour: `var(--c${i % 8})`, shape: SHAPES[i % 4], dashed: i >= 8, shown: true,
  }));
  const svg = at("plot").querySelector("svg");
  let metric = Object.keys(METRICS).find((key) => curves.some((curve) => key in curve.results));
  let points = [];
  let current = null;

  function ticksOf(low, high) {
    const step = [0.5, 1, 2, 5, 10, 20].find((s) => (high - low) / s <= 9) || 50;
    const found = [];
    for (let v = Math.ceil(low / step) * step; v <= high + 1e-9; v += step) found.push(v);
    return found;
  }
  function rateTicks(low, high) {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
      for (const digit of [1, 2, 5]) {
        const v = digit * 10 ** power;
        if (v >= low && v <= high) found.push(v);
      }
    return found;
  }

  function draw() {
    const { label, value, tell } = METRICS[metric];
    const width = Math.max(280, at("plot").clientWidth);
    const height = Math.round(Math.min(460, Math.max(280, width * 0.6)));
    const box = { left: 44, right: width - 12, top: 20, bottom: height - 40 };
    const having = curves.filter((curve) => metric in curve.results);
    const rates = having.flatMap((curve) => curve.results.bpp);
    const values = having.flatMap((curve) => curve.results[metric].map(value));
    const rate = [Math.min(...rates) / 1.1, Math.max(...rates) * 1.1];
    const range = [Math.min(...values) - 0.5, Math.max(...values) + 0.5];
    const x = (v) => box.left + (Math.log(v / rate[0]) / Math.log(rate[1] / rate[0])) * (box.right - box.left);
    const y = (v) => box.bottom - ((v - range[0]) / (range[1] - range[0])) * (box.bottom - box.top);

    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren();
    points = [];
    for (const v of rateTicks(...rate)) {
      svg.append(drawn("line", { class: "grid", x1: x(v), x2: x(v), y1: box.top, y2: box.bottom }));
      svg.append(drawn("text", { x: x(v), y: box.bottom + 18, "text-anchor": "middle" }, String(Number(v.toPrecision(1)))));
    }
    for (const v of ticksOf(...range)) {
      svg.append(drawn("line", { class: "grid", x1: box.left, x2: box.right, y1: y(v), y2: y(v) }));
      svg.append(drawn("text", { x: box.left - 6, y: y(v) + 4, "text-anchor": "end" }, String(v)));
    }
    svg.append(drawn("text", { x: (box.left + box.right) / 2, y: height - 4, "text-anchor": "middle" }, "bits per pixel"));
    svg.append(drawn("text", { x: 4, y: 12 }, label));
    for (const curve of having.filter((c) => c.shown)) {
      const own = curve.results.bpp.map((bpp, i) => ({
        curve, x: x(bpp), y: y(value(curve.results[metric][i])), bpp,
        text: `${bpp.toFixed(3)} bpp, ${tell(curve.results[metric][i])}`,
        setting: curve.settings ? `, setting ${curve.settings[i]}` : "",
      })).sort((a, b) => a.bpp - b.bpp);
      const path = own.map((p, i) => `${i ? "L" : "M"}${p.x.toFixed(1)},${p.y.toFixed(1)}`).join("");
      const dash = curve.dashed ? { "stroke-dasharray": "6 4" } : {};
      svg.append(drawn("path", { class: "curve", d: path, style: `stroke:${curve.colour}`, ...dash }));
      for (const p of own)
        svg.append(drawn("path", { d: curve.shape, transform: `translate(${p.x},${p.y})`, style: `fill:${curve.colour}` }));
      points.push(...own);
    }
    select((current && points.find((p) => p.curve === current.curve && p.bpp === current.bpp)) || null);
  }

  function select(point) {
    svg.querySelector(".ring")?.remove();
    current = point;
    const tip = at("tip");
    tip.hidden = !point;
    at("readout").textContent = "Point at a curve, or focus the plot and use the arrow keys.";
    if (!point) return;
    svg.append(drawn("circle", { class: "ring", cx: point.x, cy: point.y, r: 8 }));
    tip.textContent = `${point.curve.name}${point.setting}\n${point.text}`;
    at("readout").textContent = `${point.curve.name}${point.setting}: ${point.text}`;
    const wide = svg.clientWidth;
    tip.style.left = `${Math.max(0, Math.min(point.x + 12, wide - tip.offsetWidth))}px`;
    tip.style.top = `${point.y > 70 ? point.y - tip.offsetHeight - 12 : point.y + 14}px`;
  }

  function toCurve(step) {
    const shown = [...new Set(points.map((p) => p.curve))];
    const next = shown[(shown.indexOf(current.curve) + step + shown.length) % shown.length];
    const near = (p) => Math.abs(p.x - current.x);
    return points.filter((p) => p.curve === next).reduce((a, b) => (near(b) < near(a) ? b : a));
  }
  let pointed = false;  // whether the pointer chose the point: else it stays where the pointer only passes, as in a scroll
  svg.addEventListener("keydown", (event) => {
    pointed = false;
    if (event.key === "Escape") return select(null);
    if (!/^Arrow(Left|Right|Up|Down)$/.test(event.key) || !points.length) return;
    event.preventDefault();
    if (!current) return select(points[0]);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") return select(toCurve(event.key === "ArrowUp" ? 1 : -1));
    const own = points.filter((p) => p.curve === current.curve);
    select(own[own.indexOf(current) + (event.key === "ArrowRight" ? 1 : -1)] || current);
  });
  svg.addEventListener("pointermove", (event) => {
    const place = svg.getBoundingClientRect();
    const far = (p) => Math.hypot(p.x - (event.clientX - place.left), p.y - (event.clientY - place.top));
    const nearest = points.length ? points.reduce((a, b) => (far(b) < far(a) ? b : a)) : null;
    const found = nearest && far(nearest) < 30 ? nearest : null;
    if (!found && !pointed) return;
    pointed = Boolean(found);
    if (found !== current) select(found);
  });
  svg.addEventListener("pointerleave", () => {
    if (pointed) select(null);
    pointed = false;
  });

  for (const curve of metric ? curves : []) {
    const button = element("button", { type: "button", "aria-pressed": "true", title: curve.description });
    const mark = drawn("svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true" });
    mark.append(drawn("path", { d: curve.shape, style: `fill:${curve.colour}` }));
    button.append(mark, curve.name);
    button.addEventListener("click", () => {
      curve.shown = !curve.shown;
      button.setAttribute("aria-pressed", curve.shown);
      draw();
    });
    at("legend").append(button);
  }
  const offered = Object.keys(METRICS).filter((key) => curves.some((curve) => key in curve.results));
  if (offered.length > 1)
    choice(at("metrics"), offered.map((key) => [key, METRICS[key].short]), metric, (key) => { metric = key; draw(); });
  if (offered.length) new ResizeObserver(draw).observe(at("plot"));

  const count = data.names.length;
  at("about").textContent = `${count} picture${count === 1 ? "" : "s"}: ${data.names.slice(0, 8).join(", ")}`
    + `${count > 8 ? ", ..." : ""}. Rates are those of whole files, metrics are taken of each picture and then averaged.`;

  // ---- tables -------------------------------------------------------------------------------------------------

  for (const table of data.tables) {
    const long = table.rows.length > 12;
    const section = element("section");
    const holder = long ? element("details") : section;
    holder.append(element(long ? "summary" : "h2", {}, table.title));
    const made = element("table"), head = element("tr");
    for (const name of table.columns) head.append(element("th", { scope: "col" }, name));
    made.append(element("thead"), element("tbody"));
    made.tHead.append(head);
    for (const row of table.rows) {
      const line = element("tr");
      row.forEach((cell, i) => line.append(element(i ? "td" : "th", i ? {} : { scope: "row" }, cell)));
      made.tBodies[0].append(line);
    }
    const scroller = element("div", { class: "table", tabindex: "0", role: "region", "aria-label": table.title });
    scroller.append(made);
    const more = element("p", { class: "note more" }, "The table goes on to the right: scroll it sideways.");
    new ResizeObserver(() => { more.hidden = scroller.scrollWidth <= scroller.clientWidth; }).observe(scroller);
    holder.append(more, scroller, element("p", { class: "note lines" }, table.note));
    if (long) section.append(holder);
    at("tables").append(section);
  }

  // ---- pictures -----------------------------------------------------------------------------------------------

  if (!data.pictures.length) return;
  at("look").hidden = false;
  const stage = at("stage"), scroller = at("scroller"), split = at("split");
  const view = { picture: data.pictures[0], rate: 0, zoom: 1 };
  const sides = { left: at("left"), right: at("right") };

  function filesOf(picture, rate) {
    return [{ codec: "original", src: picture.src }, ...picture.rates[rate].files];
  }
  function told(file, bytes) {
    if (!("bytes" in file)) return "original";
    const off = 100 * (file.bytes / bytes - 1);
    const quality = file.psnr === null ? "without error" : `${file.psnr.toFixed(2)} dB`;
    const apart = Math.abs(off) > 3 ? ` (${off > 0 ? "+" : ""}${off.toFixed(0)} % bytes)` : "";
    return `${file.codec}\n${file.bytes} bytes, ${file.bpp.toFixed(3)} bpp${apart}, ${quality}`;
  }
  function place() {
    const { width, height } = view.picture;
    const fits = Math.min(1, scroller.clientWidth / width, (0.75 * window.innerHeight) / height);
    const scale = view.zoom === 1 ? fits : view.zoom;
    stage.style.width = `${width * scale}px`;
    stage.style.height = `${height * scale}px`;
    stage.classList.toggle("zoomed", view.zoom > 1);
    cut();
  }
  /** The line stands at a share of what is visible, so that it stays in view when zoomed. */
  function cut() {
    const visible = Math.min(scroller.clientWidth, stage.clientWidth);
    const x = scroller.scrollLeft + (visible * split.value) / 100;
    at("over").style.clipPath = `inset(0 ${Math.max(0, stage.clientWidth - x)}px 0 0)`;
    at("edge").style.left = `${x}px`;
  }
  function show() {
    const files = filesOf(view.picture, view.rate);
    const rate = view.picture.rates[view.rate];
    for (const [side, image] of [["left", "over"], ["right", "under"]]) {
      const file = files[sides[side].value] || files[0];
      at(image).src = file.src;
      at(image).alt = `${view.picture.name}, ${file.codec}`;
      at(`${side}-about`).textContent = told(file, rate.bytes);
    }
    at("look-note").textContent = `Near ${rate.bpp} bpp: all files have about ${rate.bytes} bytes; where one is more than 3 % off, its codec has no setting that`
      + ` comes nearer.`
      + (view.picture.part ? ` The middle ${view.picture.width} x ${view.picture.height} pixels.` : "");
    place();
    enlarge();
  }

  data.pictures.forEach((picture, i) => at("picture").append(element("option", { value: i }, picture.name)));
  filesOf(view.picture, 0).forEach((file, i) => {
    for (const side of Object.values(sides)) side.append(element("option", { value: i }, file.codec));
  });
  sides.left.value = Math.min(1, sides.left.options.length - 1);
  sides.right.value = Math.min(2, sides.right.options.length - 1);

  const scales = view.picture.enlargements.map((e) => e.scale);
  let scale = scales[Math.min(1, scales.length - 1)];
  function enlarge() {
    const found = view.picture.enlargements.find((e) => e.scale === scale);
    at("enlarge").hidden = !found;
    if (!found) return;
    at("cubic").src = found.cubic;
    at("decoded").src = found.decoded;
    at("cubic-about").textContent = `decoded at 1x, cubic interpolation to ${scale}x`;
    at("decoded-about").textContent = `decoded at ${scale}x`;
  }

  at("picture").addEventListener("change", (event) => { view.picture = data.pictures[event.target.value]; show(); });
  for (const side of Object.values(sides)) side.addEventListener("change", show);
  split.addEventListener("input", cut);
  scroller.addEventListener("scroll", cut);
  let held = null;  // where the pointer holds the zoomed picture; else it moves the line
  stage.addEventListener("pointerdown", (event) => {
    const line = at("edge").getBoundingClientRect();
    const onLine = view.zoom === 1 || Math.abs(event.clientX - line.left) <= 16;
    held = onLine ? null : { x: event.clientX, y: event.clientY };
  });
  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" || !(event.buttons & 1)) return;
    if (held) {
      scroller.scrollBy(held.x - event.clientX, held.y - event.clientY);
      held = { x: event.clientX, y: event.clientY };
      return;
    }
    const visible = Math.min(scroller.clientWidth, stage.clientWidth);
    const left = Math.max(stage.getBoundingClientRect().left, scroller.getBoundingClientRect().left);
    split.value = (100 * (event.clientX - left)) / visible;
    cut();
  });
  const rateButtons = view.picture.rates.map((rate, i) => [i, `${rate.bpp} bpp`]);
  choice(at("rates"), rateButtons, 0, (i) => { view.rate = i; show(); });
  choice(at("zooms"), [[1, "fit"], [2, "2x"], [4, "4x"], [8, "8x"]], 1, (zoom) => { view.zoom = zoom; place(); });
  choice(at("scales"), scales.map((s) => [s, `${s}x`]), scale, (s) => { scale = s; enlarge(); });
  new ResizeObserver(place).observe(scroller);
  window.addEventListener("resize", place);
})();
