"use strict";
(() => {
  const data = JSON.parse(document.getElementById("page-data").textContent);
  const tip = document.getElementById("tip");
  const byId = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const METRIC = data.metrics, SCORE = Object.keys(METRIC)[0];
  const known = (v) => v !== null && v !== undefined && Number.isFinite(v);
  const round = (v, digits = 3) => (known(v) ? v.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212") : "\u2013");
  const mean = (values) => { const v = values.filter(known); return v.length ? v.reduce((a, b) => a + b, 0) / v.length : null; };

  // On a dark page colours are drawn a little lighter, so that they stand out as they do on white.
  const night = matchMedia("(prefers-color-scheme: dark)");
  const given = structuredClone(data.colours);
  function lighten(colour) {
    if (!/^#[0-9a-f]{6}$/i.test(colour)) return colour;
    const parts = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
    const dark = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] < 80;
    return "#" + parts.map((v) => Math.round(v + (255 - v) * (dark ? 0.5 : 0.25)).toString(16).padStart(2, "0")).join("");
  }
  function shade() {
    for (const [kind, colours] of Object.entries(given))
      data.colours[kind] = night.matches ? (Array.isArray(colours) ? colours.map(lighten) : Object.fromEntries(Object.entries(colours).map(([k, v]) => [k, lighten(v)]))) : colours;
  }
  shade();

  // --- drawing -----------------------------------------------------------------------------------------------
  function make(name, attributes, parent, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    if (parent) parent.appendChild(node);
    return node;
  }

  const SHAPES = [
    (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`,
    (r) => `M${-r * 0.9},${-r * 0.9}h${1.8 * r}v${1.8 * r}h${-1.8 * r}z`,
    (r) => `M0,${-1.2 * r}L${1.1 * r},${0.8 * r}H${-1.1 * r}z`,
    (r) => `M0,${-1.3 * r}L${1.3 * r},0L0,${1.3 * r}L${-1.3 * r},0z`,
    (r) => `M0,${1.2 * r}L${1.1 * r},${-0.8 * r}H${-1.1 * r}z`,
    (r) => `M${-0.4 * r},${-1.2 * r}h${0.8 * r}v${0.8 * r}h${0.8 * r}v${0.8 * r}h${-0.8 * r}v${0.8 * r}h${-0.8 * r}v${-0.8 * r}h${-0.8 * r}v${-0.8 * r}h${0.8 * r}z`,
  ];
  // Room for names beside an axis.
  const roomFor = (words) => Math.max(60, 14 + 8.2 * Math.max(...words.map((word) => word.length)));
  const shape = (index, r) => SHAPES[index % SHAPES.length](r);

  function steps(low, high, wanted) {
    const raw = (high - low) / wanted || 1;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
    const ticks = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(+(i * step).toPrecision(12));
    return ticks;
  }
  function powers(low, high) {
    const ticks = [];
    for (let p = Math.floor(Math.log10(low)); p <= Math.log10(high) + 1e-9; p++)
      for (const m of high / low > 300 ? [1] : [1, 2, 5]) if (m * 10 ** p >= low * 0.999 && m * 10 ** p <= high * 1.001) ticks.push(m * 10 ** p);
    return ticks;
  }
  const short = (v) => (Math.abs(v) >= 1e6 ? v / 1e6 + "M" : Math.abs(v) >= 1e4 ? v / 1e3 + "k" : String(+v.toPrecision(6))).replace("-", "\u2212");

  function scale(axis, from, to) {
    const f = axis.log ? Math.log : (v) => v;
    const low = f(axis.min), span = f(axis.max) - low || 1;
    return (v) => from + ((f(v) - low) / span) * (to - from);
  }

  // An empty pair of axes; returns where data goes. Redrawn whole whenever its width changes.
  function frame(host, { height, x, y, label, title, left = 58, wanted = 5 }) {
    const room = Math.max(220, Math.floor(host.clientWidth || host.parentNode.clientWidth));
    const width = height === "square" ? Math.min(room, 420) : room;
    const tall = height === "square" ? width : height;
    const bottom = x.label ? 38 : 22, top = title ? 22 : 8, right = 18;
    host.replaceChildren();
    const svg = make("svg", { viewBox: `0 0 ${width} ${tall}`, width, height: tall, role: "img", "aria-label": label }, host);
    const px = scale(x, left, width - right), py = scale(y, tall - bottom, top);
    if (title) make("text", { x: 0, y: 13, class: "name" }, svg, title);
    for (const v of x.ticks || (x.log ? powers(x.min, x.max) : steps(x.min, x.max, Math.max(2, Math.min(wanted, (width - left) / 60))))) {
      if (x.grid) make("line", { x1: px(v), x2: px(v), y1: top, y2: tall - bottom, class: "grid" }, svg);
      make("text", { x: px(v), y: tall - bottom + 15, "text-anchor": "middle", class: "faint" }, svg, short(v));
    }
    if (!y.none) for (const v of y.ticks || (y.log ? powers(y.min, y.max) : steps(y.min, y.max, wanted))) {
      make("line", { x1: left, x2: width - right, y1: py(v), y2: py(v), class: "grid" }, svg);
      make("text", { x: left - 6, y: py(v) + 4, "text-anchor": "end", class: "faint" }, svg, short(v));
    }
    make("path", { d: y.none ? `M${left},${tall - bottom}H${width - right}` : `M${left},${top}V${tall - bottom}H${width - right}`, class: "axis" }, svg);
    if (x.label) make("text", { x: (left + width - right) / 2, y: tall - 4, "text-anchor": "middle" }, svg, x.label);
    if (y.label) make("text", { transform: `translate(12,${(top + tall - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, svg, y.label);
    return { svg, px, py, width, tall, left, right, top, bottom };
  }

  function say(text, at) {
    tip.textContent = text;
    if (!text) return;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(at.x + 14, innerWidth - box.width - 6))}px`;
    tip.style.top = `${Math.max(4, at.y + 16 + box.height > innerHeight ? at.y - box.height - 10 : at.y + 16)}px`;
  }

  const taskHash = (i) => `#task=${encodeURIComponent(data.tasks.id[i])}`;

  // Names of points by pointer (the nearest) and by arrow keys (in the order given). A screen reader passes keys on to
  // an application only, never to an image.
  function names(svg, points, onto = () => {}) {
    if (!points.length) return;
    const how = `Left and right arrow keys name its points one by one${points.some((p) => p.task !== undefined) ? ", Enter opens the task" : ""}, Escape ends.`;
    for (const [name, value] of Object.entries({ role: "application", "aria-roledescription": "chart", tabindex: 0, "aria-label": `${svg.getAttribute("aria-label")}. ${how}` })) svg.setAttribute(name, value);
    const ring = make("circle", { r: 8, class: "ring", visibility: "hidden" }, svg);
    let current = -1;
    const show = (index) => {
      current = index;
      const point = points[index];
      ring.setAttribute("visibility", point ? "visible" : "hidden");
      onto(point);
      if (!point) return say("");
      ring.setAttribute("cx", point.x); ring.setAttribute("cy", point.y);
      const box = svg.getBoundingClientRect(), k = box.width / svg.viewBox.baseVal.width;
      say(point.text, { x: box.left + point.x * k, y: box.top + point.y * k });
    };
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect(), k = svg.viewBox.baseVal.width / box.width;
      const x = (event.clientX - box.left) * k, y = (event.clientY - box.top) * k;
      let best = -1, least = 20 * 20;
      points.forEach((p, i) => { const d = (p.x - x) ** 2 + (p.y - y) ** 2; if (d < least) { least = d; best = i; } });
      if (best !== current) show(best);
    });
    const open = () => { const point = points[current]; if (point && point.task !== undefined) location.hash = taskHash(point.task); };
    svg.addEventListener("click", open);
    svg.addEventListener("pointerleave", () => show(-1));
    svg.addEventListener("blur", () => show(-1));
    svg.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") show(-1);
      if (event.key === "Enter") open();
      if (!move) return;
      event.preventDefault();
      show((current + move + points.length) % points.length);
    });
  }

  // Lines are told apart by their dashes too, not by colour alone.
  const DASHES = ["none", "7 3", "2 3", "9 3 2 3", "4 2", "13 4", "1 2 5 2", "12 3 2 3 2 3"];
  const dash = (index) => DASHES[index % DASHES.length];

  // What colours mean: beside shapes, of lines ("line") or of both ("both").
  function key(host, colours, shapes = true, marks = "shape") {
    if (!host) return;
    host.replaceChildren();
    Object.entries(colours).forEach(([name, colour], i) => {
      const item = document.createElement("span"), wide = marks === "shape" ? 14 : 36;
      const svg = make("svg", { width: wide, height: 14, viewBox: `${-wide / 2} -7 ${wide} 14`, "aria-hidden": "true" }, item);
      if (marks !== "shape") make("path", { d: `M${-wide / 2},0H${wide / 2}`, class: "line", stroke: colour, "stroke-dasharray": dash(i) }, svg);
      if (marks !== "line") make("path", { d: shape(shapes ? i : 1, 4.6), fill: colour }, svg);
      item.append(name || "not given");
      host.append(item);
    });
  }

  // --- charts --------------------------------------------------------------------------------------------------
  const draws = {};

  draws.strategies = (host) => {
    const levels = data.levels, rows = data.summary;
    const ends = rows.flatMap((r) => [r.low, r.high, r.mean, ...r.seeds]).filter(known);
    if (!ends.length) return;
    const low = Math.min(...ends), high = Math.max(...ends), pad = (high - low) * 0.08 || 0.05;
    host.replaceChildren();
    host.classList.toggle("grid", levels.length > 1);
    levels.forEach((level) => {
      const cell = document.createElement("div");
      host.append(cell);
    });
    levels.forEach((level, at) => {
      const mine = data.strategies.map((name) => rows.find((r) => r.strategy === name && r.level === level)).filter(Boolean);
      const f = frame(host.children[at], {
        height: 62 + 26 * mine.length, left: roomFor(data.strategies), title: `${level} (${Math.max(...mine.map((r) => r.n))} tasks)`, label: `Mean ${METRIC[SCORE]}, ${level}: ` + mine.map((r) => `${r.strategy} ${round(r.mean)}`).join(", "),
        x: { min: low < 0 ? low - pad : Math.max(0, low - pad), max: high + pad, label: `mean ${METRIC[SCORE]}`, grid: true }, y: { min: mine.length - 0.4, max: -0.6, none: true }, wanted: 4,
      });
      const points = [];
      mine.forEach((r, i) => {
        const colour = data.colours.strategy[r.strategy], y = f.py(i);
        make("text", { x: f.left - 8, y: y + 4, "text-anchor": "end" }, f.svg, r.strategy);
        if (known(r.low) && known(r.high)) make("line", { x1: f.px(r.low), x2: f.px(r.high), y1: y, y2: y, stroke: colour, "stroke-width": 4 }, f.svg);
        if (r.seeds.length > 1) r.seeds.forEach((v) => make("circle", { cx: f.px(v), cy: y + 8, r: 2.4, fill: "none", stroke: colour }, f.svg));
        if (!known(r.mean)) return;
        make("circle", { cx: f.px(r.mean), cy: y, r: 5.5, fill: colour, class: "point" }, f.svg);
        points.push({ x: f.px(r.mean), y, text: `${r.strategy}, ${level}\nmean ${METRIC[SCORE]} ${round(r.mean)}${known(r.low) ? ` [${round(r.low)}, ${round(r.high)}]` : ""}\n${r.n} tasks` });
      });
      names(f.svg, points);
    });
  };

  draws.pair = (host) => {
    const { x, y } = host.dataset, metric = host.dataset.metric || SCORE;
    const xs = data.scores[x][metric], ys = data.scores[y][metric];
    const at = xs.map((v, i) => i).filter((i) => known(xs[i]) && known(ys[i]));
    const values = at.flatMap((i) => [xs[i], ys[i]]);
    const least = Math.min(metric === "test_auroc" ? 0.5 : 0, ...values), most = Math.max(0.05 + least, ...values) * 1.03;
    const better = at.filter((i) => ys[i] > xs[i]).length;
    const f = frame(host, {
      height: "square", title: `${y} better in ${better} of ${at.length} tasks`, label: `${METRIC[metric]} of each task: ${y} against ${x}; ${y} better in ${better} of ${at.length}`,
      x: { min: least, max: most, label: `${x} ${METRIC[metric]} (mean ${round(mean(at.map((i) => xs[i])))})` }, y: { min: least, max: most, label: `${y} ${METRIC[metric]} (mean ${round(mean(at.map((i) => ys[i])))})` },
    });
    make("line", { x1: f.px(least), y1: f.py(least), x2: f.px(most), y2: f.py(most), class: "axis" }, f.svg);
    const kinds = Object.keys(data.colours.modality);
    at.sort((a, b) => xs[a] - xs[b]);
    const points = at.map((i) => {
      const kind = data.tasks.modality[i], px = f.px(xs[i]), py = f.py(ys[i]);
      make("path", { d: shape(kinds.indexOf(kind), 3.8), transform: `translate(${px},${py})`, fill: data.colours.modality[kind], "fill-opacity": 0.8, class: "point" }, f.svg);
      return { x: px, y: py, task: i, text: `${data.tasks.id[i]}\n${y} ${round(ys[i])}, ${x} ${round(xs[i])}` };
    });
    names(f.svg, points);
  };

  function diverging(v, most) {
    const t = most ? Math.max(-1, Math.min(1, v / most)) : 0, end = t < 0 ? [213, 94, 0] : [0, 114, 178], mid = [170, 170, 170];
    return `rgb(${mid.map((m, i) => Math.round(m + (end[i] - m) * Math.abs(t))).join(",")})`;
  }

  draws.embedding = (host) => {
    const seed = byId("embedding-seed").value, cloud = data.embedding[seed];
    const by = document.querySelector("input[name=colour-by]:checked").value;
    const range = (all) => { const v = all.filter(known), a = Math.min(...v), b = Math.max(...v), p = (b - a) * 0.06 || 1; return { min: a - p, max: b + p }; };
    const f = frame(host, {
      height: 440, label: `Principal components of the head weights, coloured by ${by}; ${data.tasks.id.length} tasks`,
      x: { ...range(cloud.pc1), label: `PC 1 (${Math.round(100 * cloud.share[0])} % of the variance)` }, y: { ...range(cloud.pc2), label: `PC 2 (${Math.round(100 * cloud.share[1])} %)` },
    });
    const gain = by === "gain", values = by === "group" ? cloud.group : gain ? data.gain.values : data.tasks[by];
    const palette = gain ? {} : data.colours[by], kinds = Object.keys(palette);
    const most = gain ? Math.max(...values.filter(known).map(Math.abs)) : 0;
    if (gain) key(byId("embedding-legend"), { [`loss (${round(-most)})`]: diverging(-1, 1), none: diverging(0, 1), [`gain (${round(most)}), ${data.gain.label}`]: diverging(1, 1) }, false);
    else key(byId("embedding-legend"), palette);
    const order = data.tasks.id.map((_, i) => i).filter((i) => known(cloud.pc1[i])).sort((a, b) => cloud.pc1[a] - cloud.pc1[b]);
    const points = order.map((i) => {
      const x = f.px(cloud.pc1[i]), y = f.py(cloud.pc2[i]);
      const fill = gain ? (known(values[i]) ? diverging(values[i], most) : "none") : palette[values[i]] || "#8c8c8c";
      make("path", { d: shape(gain ? 0 : Math.max(0, kinds.indexOf(values[i])), 5), transform: `translate(${x},${y})`, fill, class: "point" }, f.svg);
      const t = data.tasks;
      return { x, y, task: i, text: [t.id[i], [t.modality[i], t.assay[i], t.target[i]].filter(Boolean).join(" \u00b7 "), [t.cell_type[i], t.cell_group[i]].filter(Boolean).join(" \u00b7 "), cloud.group[i], gain ? `${data.gain.label}: ${round(values[i])}` : ""].filter(Boolean).join("\n") };
    });
    names(f.svg, points);
  };

  draws.curves = (host) => {
    const which = byId("curve-loss").value;
    host.replaceChildren();
    const wanted = data.strategies.filter((name) => data.curves.some((c) => c.strategy === name));
    const cells = wanted.map(() => { const div = document.createElement("figure"); div.className = "chart"; host.append(div); return div; });
    wanted.forEach((name, at) => {
      const mine = data.curves.filter((c) => c.strategy === name);
      const values = mine.flatMap((c) => c[which]).filter((v) => known(v) && v > 0);
      if (!values.length) return;
      const low = Math.min(...values), high = Math.max(...values), groups = new Set(mine.map((c) => c.group)).size;
      const log = high / low > 5, pad = (high - low) * 0.05 || low * 0.05;
      const f = frame(cells[at], {
        height: 230, title: `${name} (${groups} group${groups > 1 ? "s" : ""})`, label: `${which} loss by step, ${name}`, wanted: 4,
        x: { min: 0, max: Math.max(...mine.flatMap((c) => c.step)), label: "step" }, y: { min: log ? low * 0.95 : low - pad, max: log ? high * 1.05 : high + pad, log, label: `${which} loss` },
      });
      const tones = Object.values(data.colours.cycle), points = [], few = groups > 1 && groups <= DASHES.length;
      const order = [...new Set(mine.map((c) => c.group))].sort((a, b) => a - b), toneOf = (c) => tones[order.indexOf(c.group) % tones.length];
      mine.forEach((c) => {
        const d = c.step.map((s, i) => (known(c[which][i]) && c[which][i] > 0 ? [f.px(s), f.py(c[which][i])] : null)).filter(Boolean);
        const line = make("path", { d: "M" + d.map((p) => p.map((v) => v.toFixed(1)).join(",")).join("L"), class: mine.length > 40 ? "line many" : "line", stroke: groups > DASHES.length ? data.colours.strategy[name] : toneOf(c), "stroke-dasharray": few ? dash(order.indexOf(c.group)) : "none" }, f.svg);
        c.step.forEach((s, i) => known(c[which][i]) && c[which][i] > 0 && points.push({ x: f.px(s), y: f.py(c[which][i]), line, text: `${name}, ${c.label}, seed ${c.seed}\nstep ${s.toLocaleString("en")}: ${c[which][i].toPrecision(4)}` }));
      });
      mine.forEach((c) => {
        const found = c.validation.map((v, i) => [v, i]).filter(([v]) => known(v));
        if (!found.length) return;
        const i = found.reduce((a, b) => (b[0] < a[0] ? b : a))[1];
        if (known(c[which][i]) && c[which][i] > 0) make("circle", { cx: f.px(c.step[i]), cy: f.py(c[which][i]), r: groups > DASHES.length ? 1.8 : 3.2, fill: "var(--ink)" }, f.svg);
      });
      if (few) {
        const legend = document.createElement("div");
        legend.className = "legend";
        cells[at].append(legend);
        key(legend, Object.fromEntries(order.map((group) => { const c = mine.find((one) => one.group === group); return [c.label, toneOf(c)]; })), false, "line");
      }
      let lit = null;
      names(f.svg, points, (p) => { if (lit) lit.classList.remove("on"); lit = p ? p.line : null; if (lit) lit.classList.add("on"); });
    });
  };

  draws.sweep = (host) => {
    host.replaceChildren();
    key(byId("sweep-legend"), Object.fromEntries([...new Set(data.sweep.rows.map((r) => r.line))].map((line, s) => [line, data.colours.cycle[s % data.colours.cycle.length]])));
    const cells = data.sweep.measures.map(() => { const div = document.createElement("figure"); div.className = "chart"; host.append(div); return div; });
    data.sweep.measures.forEach((measure, at) => {
      const values = data.sweep.rows.map((r) => r[measure]).filter(known), ks = data.sweep.rows.map((r) => r.k);
      const low = Math.min(...values), high = Math.max(...values), pad = (high - low) * 0.08 || 0.1;
      const f = frame(cells[at], { height: 190, title: data.sweep.names[measure], label: `${data.sweep.names[measure]} by number of groups`, wanted: 4, x: { min: Math.min(...ks), max: Math.max(...ks), ticks: [...new Set(ks)], label: "number of groups, K" }, y: { min: low - pad, max: high + pad } });
      const points = [];
      [...new Set(data.sweep.rows.map((r) => r.line))].forEach((line, s) => {
        const mine = data.sweep.rows.filter((r) => r.line === line && known(r[measure])).sort((a, b) => a.k - b.k);
        const colour = data.colours.cycle[s % data.colours.cycle.length];
        make("path", { d: "M" + mine.map((r) => `${f.px(r.k)},${f.py(r[measure])}`).join("L"), class: "line", stroke: colour }, f.svg);
        mine.forEach((r) => {
          make("path", { d: shape(s, 4), transform: `translate(${f.px(r.k)},${f.py(r[measure])})`, fill: colour, class: "point" }, f.svg);
          points.push({ x: f.px(r.k), y: f.py(r[measure]), text: `K = ${r.k}, ${line}\n${data.sweep.names[measure]} ${round(r[measure])}` });
        });
      });
      names(f.svg, points);
    });
  };

  draws.examples = (host) => {
    const rows = data.examples, splits = Object.keys(data.colours.split).filter((s) => rows.some((r) => r[s]));
    key(byId("split-legend"), Object.fromEntries(splits.map((s) => [s.replace("dropped_border", "left out at a border"), data.colours.split[s]])), false);
    const most = Math.max(1, ...rows.map((r) => splits.reduce((n, s) => n + r[s], 0)));
    const f = frame(host, { height: 52 + 20 * rows.length, left: roomFor(rows.map((r) => r.chromosome)), label: "Examples by chromosome and split", x: { min: 0, max: most * 1.02, label: "examples", grid: true }, y: { min: rows.length - 0.4, max: -0.6, none: true } });
    const points = [];
    rows.forEach((r, i) => {
      let from = 0;
      make("text", { x: f.left - 6, y: f.py(i) + 4, "text-anchor": "end" }, f.svg, r.chromosome);
      splits.forEach((s) => {
        if (!r[s]) return;
        const x = f.px(from), width = f.px(from + r[s]) - x;
        make("rect", { x, y: f.py(i) - 7, width, height: 14, fill: data.colours.split[s] }, f.svg);
        points.push({ x: x + width / 2, y: f.py(i), text: `${r.chromosome}, ${s.replace("_", " at the ")}: ${r[s].toLocaleString("en")}` });
        from += r[s];
      });
    });
    names(f.svg, points);
  };

  draws.positives = (host) => {
    const share = data.tasks.share_train, order = share.map((_, i) => i).filter((i) => known(share[i]) && share[i] > 0).sort((a, b) => share[b] - share[a]);
    if (!order.length) return;
    const kinds = Object.keys(data.colours.modality);
    const f = frame(host, { height: 260, label: "Share of positive training examples of each task", x: { min: 0, max: order.length + 1, label: "task, by falling share" }, y: { min: 80 * share[order.at(-1)], max: 120 * share[order[0]], log: true, label: "positive, %" } });
    names(f.svg, order.map((i, rank) => {
      const x = f.px(rank + 1), y = f.py(100 * share[i]), kind = data.tasks.modality[i];
      make("path", { d: shape(kinds.indexOf(kind), 3.6), transform: `translate(${x},${y})`, fill: data.colours.modality[kind], class: "point" }, f.svg);
      return { x, y, task: i, text: `${data.tasks.id[i]}\n${(100 * share[i]).toPrecision(3)} % positive` };
    }));
  };

  const draw = (host) => draws[host.dataset.chart](host);
  const legends = () => all("[data-legend]").forEach((host) => key(host, data.colours[host.dataset.legend]));
  legends();
  // A chart is drawn when it is about to be seen, so that a page of hundreds of tasks shows at once.
  const drawn = new Map();
  const render = (host) => { drawn.set(host, host.clientWidth); draw(host); };
  const watcher = new IntersectionObserver((entries) => entries.forEach((e) => { if (e.isIntersecting && !drawn.has(e.target)) render(e.target); }), { rootMargin: "600px" });
  all("[data-chart]").forEach((host) => watcher.observe(host));
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => drawn.forEach((width, host) => { if (host.clientWidth !== width) render(host); }), 150); });
  night.addEventListener("change", () => { shade(); legends(); drawn.forEach((_, host) => render(host)); });
  // The rest follows when the browser has nothing else to do, one chart at a time.
  const idle = window.requestIdleCallback || ((act) => setTimeout(act, 50));
  const rest = all("[data-chart]");
  const next = () => { const host = rest.find((h) => !drawn.has(h)); if (host) { render(host); idle(next); } };
  addEventListener("load", () => idle(next));
  addEventListener("beforeprint", () => all("[data-chart]").forEach((host) => { if (!drawn.has(host)) render(host); }));
  // On paper nothing can be opened: what is closed is printed open, and closed again.
  let opened = [];
  addEventListener("beforeprint", () => all("details:not([open])").forEach((d) => { d.open = true; opened.push(d); }));
  addEventListener("afterprint", () => { opened.forEach((d) => { d.open = false; }); opened = []; });
  const redraw = (kind) => all(`[data-chart=${kind}]`).forEach(render);
  const on = (id, event, act) => byId(id) && byId(id).addEventListener(event, act);
  on("colour-by", "change", () => redraw("embedding"));
  on("embedding-seed", "change", () => redraw("embedding"));
  on("curve-loss", "change", () => redraw("curves"));
  if (byId("pair-x")) {
    const host = all("[data-chart=pair]").at(-1);
    byId("pair-x").value = host.dataset.x; byId("pair-y").value = host.dataset.y;
    on("pair-show", "click", () => { Object.assign(host.dataset, { x: byId("pair-x").value, y: byId("pair-y").value, metric: byId("pair-metric").value }); render(host); });
  }

  // --- what scrolls sideways, by keyboard too -------------------------------------------------------------------
  function titleOf(node) {
    const closed = node.closest("details");
    if (closed) return closed.querySelector("summary").textContent;
    for (let at = node; at && at.tagName !== "SECTION"; at = at.parentNode)
      for (let before = at.previousElementSibling; before; before = before.previousElementSibling)
        if (/^H[23]$/.test(before.tagName)) return before.textContent;
    const section = node.closest("section");
    return (section && section.getAttribute("aria-label")) || "Table";
  }
  // A stop for the tab key only while there is something to scroll.
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    const region = target.closest(".scroll, pre");
    if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  }));
  function watchScroll(region, title) {
    region.setAttribute("role", "region");
    region.setAttribute("aria-label", title);
    sizes.observe(region);
    if (region.firstElementChild) sizes.observe(region.firstElementChild);
  }
  all(".scroll, pre").forEach((region) => watchScroll(region, titleOf(region)));

  // --- the table of all tasks ----------------------------------------------------------------------------------
  const table = byId("task-table"), body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
  const text = rows.map((row) => row.textContent.toLowerCase());
  const first = heads.findIndex((h) => h.dataset.kind === "score");
  const kindOf = heads.map((h) => h.dataset.kind);

  // Rows far below are laid out when one scrolls to them, so that a sort of hundreds of tasks shows at once. The
  // columns keep the widths that all rows together gave them.
  const AT_ONCE = 60, view = table.closest(".tasks");
  let laid = AT_ONCE;
  function layOut(count) {
    laid = count;
    let n = 0;
    for (const row of body.rows) row.classList.toggle("later", !row.hidden && n++ >= laid);
  }
  heads.map((head) => head.offsetWidth).forEach((width, i) => { heads[i].style.minWidth = `${width}px`; });
  layOut(AT_ONCE);
  view.addEventListener("scroll", () => {
    if (laid < rows.length && view.scrollTop + 2 * view.clientHeight > view.scrollHeight) layOut(laid + AT_ONCE);
  }, { passive: true });
  addEventListener("keydown", (event) => { if ((event.ctrlKey || event.metaKey) && event.key === "f") layOut(rows.length); });

  let metric = SCORE;
  function fill(chosen) {
    metric = chosen;
    rows.forEach((row, i) => {
      const values = data.strategies.map((s) => data.scores[s][metric][i]), best = Math.max(...values.filter(known));
      values.forEach((v, s) => {
        const cell = row.cells[first + s];
        cell.textContent = known(v) ? v.toFixed(3) : "\u2013";
        cell.classList.toggle("best", known(v) && v === best && values.length > 1);
      });
    });
  }
  const words = (column) => ["text", "flag"].includes(kindOf[column]);
  const byName = new Intl.Collator("en", { numeric: true }).compare;
  // Numbers as they were found, not as their cells show them.
  const valueOf = (i, column) => {
    const key = heads[column].dataset.key;
    const value = kindOf[column] === "score" ? data.scores[key][metric][i] : data.tasks[key][i];
    return words(column) ? value || null : value;
  };
  function sort(column) {
    const now = heads[column].getAttribute("aria-sort");
    const down = words(column) ? now === "ascending" : now !== "descending";
    heads.forEach((h) => h.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = rows.map((row, i) => [valueOf(i, column), row]), order = words(column) ? byName : (a, b) => a - b;
    // What has no value stays below in either direction.
    keyed.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : order(a, b) * (down ? -1 : 1)));
    body.append(...keyed.map(([, row]) => row));
    layOut(AT_ONCE);
    if (view.scrollTop) view.scrollTop = 0;
  }
  function filter() {
    const words = byId("task-search").value.toLowerCase().split(/\s+/).filter(Boolean), kind = byId("task-modality").value;
    let shown = 0;
    rows.forEach((row, i) => {
      const keep = words.every((w) => text[i].includes(w)) && (!kind || data.tasks.modality[i] === kind);
      row.hidden = !keep;
      shown += keep;
    });
    layOut(AT_ONCE);
    byId("task-count").textContent = `${shown} of ${rows.length} tasks`;
  }
  // How a strategy's networks stand to the best baseline, by task.
  function marksOf(s) {
    const marks = (data.sections.baselines || {}).per_task, found = {};
    if (!marks) return found;
    marks.names.slice(1).forEach((name, k) => {
      found[name] = rows.map(() => null);
      for (const row of marks.rows) if (row[1] === s) found[name][row[0]] = row[k + 2];
    });
    return found;
  }
  function download(name, separator, type, written) {
    const columns = Object.keys(data.tasks).map((name) => [name, data.tasks[name]]);
    const { means, by_seed } = data.sections.tasks, put = (prefix, of) => Object.entries(of || {}).forEach(([name, values]) => columns.push([`${prefix}_${name}`, values]));
    for (const s of data.strategies) {
      put(s, data.scores[s]);
      put(s, means[s]);
      for (const [seed, of] of Object.entries(by_seed[s] || {})) put(`${s}_seed${seed}`, of);
      put(s, marksOf(s));
    }
    const lines = [columns.map(([title]) => title), ...rows.map((_, i) => columns.map(([, v]) => v[i] ?? ""))];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.map((l) => l.map(written).join(separator)).join("\n") + "\n"], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  heads.forEach((head, i) => head.querySelector("button").addEventListener("click", () => sort(i)));
  on("task-search", "input", filter);
  on("task-modality", "change", filter);
  on("task-metric", "change", (event) => fill(event.target.value));
  const quoted = (v) => (/[",]/.test(v) ? `"${String(v).replaceAll('"', '""')}"` : v);
  on("task-download", "click", () => download("tasks.tsv", "\t", "text/tab-separated-values", (v) => v));
  on("task-csv", "click", () => download("tasks.csv", ",", "text/csv", quoted));
  fill(SCORE);

  // --- one task ------------------------------------------------------------------------------------------------
  const details = data.sections.tasks, panel = byId("task");
  let shownTask = -1;

  function cell(row, text, head = false) {
    const node = document.createElement(head ? "th" : "td");
    if (head) node.scope = row.parentNode.tagName === "THEAD" ? "col" : "row";
    node.textContent = text;
    row.append(node);
    return node;
  }
  function rowsInto(table, titles, lines) {
    const head = table.tHead || table.createTHead(), body = table.tBodies[0] || table.createTBody();
    head.replaceChildren(); body.replaceChildren();
    const top = head.insertRow();
    titles.forEach((title, i) => { const node = cell(top, title, true); if (!i) node.className = "text"; });
    lines.forEach((line) => { const row = body.insertRow(); line.forEach((text, i) => cell(row, text, i === 0)); });
  }
  const fact = (s, name, i) => { const column = (details.facts[s] || {})[name]; return column ? column[i] : null; };
  const further = (s, name, i) => { const column = (details.means[s] || {})[name]; return column ? column[i] : null; };
  const interval = (s, of, i) => (known(fact(s, `${of}low`, i)) ? `${round(fact(s, `${of}score`, i))} [${round(fact(s, `${of}low`, i))}, ${round(fact(s, `${of}high`, i))}]` : "\u2013");
  const score = (s, i) => data.scores[s][SCORE][i], NAME = METRIC[SCORE].replace("test ", "");

  function companions(s, i) {
    const groups = (details.facts[s] || {}).group, mine = groups ? groups[i] : null;
    return known(mine) ? groups.filter((g) => g === mine).length - 1 : null;
  }

  function scoreChart(host, i) {
    const mine = data.strategies.filter((s) => known(score(s, i)));
    const values = mine.map((s) => score(s, i)), base = details.baseline && known(score(details.baseline, i)) ? score(details.baseline, i) : null;
    if (!mine.length) return;
    const low = Math.min(...values), high = Math.max(...values), pad = (high - low) * 0.1 || 0.05;
    const f = frame(host, {
      height: 62 + 22 * mine.length, left: roomFor(mine), title: `${NAME} by strategy`, wanted: 4, label: `Test ${NAME} of ${data.tasks.id[i]}: ` + mine.map((s) => `${s} ${round(score(s, i))}`).join(", "),
      x: { min: low - pad, max: high + pad, label: `test ${NAME}`, grid: true }, y: { min: mine.length - 0.4, max: -0.6, none: true },
    });
    if (base !== null) make("line", { x1: f.px(base), x2: f.px(base), y1: f.top, y2: f.tall - f.bottom, class: "zero" }, f.svg);
    names(f.svg, mine.map((s, k) => {
      const x = f.px(score(s, i)), y = f.py(k);
      make("text", { x: f.left - 8, y: y + 4, "text-anchor": "end" }, f.svg, s);
      make("path", { d: shape(data.strategies.indexOf(s), 5), transform: `translate(${x},${y})`, fill: data.colours.strategy[s], class: "point" }, f.svg);
      return { x, y, text: `${s}\n${NAME} ${round(score(s, i))}${base !== null && s !== details.baseline ? `, ${round(score(s, i) - base)} against ${details.baseline}` : ""}` };
    }));
  }

  // x, y and words of every kept point of a curve, from counts of positives and negatives at or above a score.
  const CURVES = {
    roc: { name: "ROC", x: "false positive rate", y: "true positive rate", start: [0, 0], at: (tp, fp, p, n) => [n ? fp / n : 0, tp / p] },
    pr: { name: "Precision and recall", x: "recall", y: "precision", start: null, at: (tp, fp, p) => [tp / p, tp / (tp + fp)] },
  };
  function curveChart(host, i, kind) {
    const spec = CURVES[kind], mine = data.strategies.filter((s) => details.points[s] && details.points[s][i]);
    if (!mine.length) return;
    const seeds = [...new Set(mine.map((s) => details.seed[s]))], title = `${spec.name}, seed ${seeds.join(" or ")}`;
    const f = frame(host, { height: "square", title, label: `${spec.name} of ${data.tasks.id[i]}, ${mine.join(", ")}, seed ${seeds.join(" or ")}`, x: { min: 0, max: 1, label: spec.x }, y: { min: 0, max: 1, label: spec.y } });
    if (kind === "roc") make("line", { x1: f.px(0), y1: f.py(0), x2: f.px(1), y2: f.py(1), class: "axis" }, f.svg);
    const points = [];
    mine.forEach((s) => {
      const flat = details.points[s][i], p = flat.at(-2), n = flat.at(-1), line = spec.start ? [spec.start] : [];
      for (let k = 0; k < flat.length; k += 2) line.push(spec.at(flat[k], flat[k + 1], p, n));
      make("path", { d: "M" + line.map(([x, y]) => `${f.px(x).toFixed(1)},${f.py(y).toFixed(1)}`).join("L"), class: "line", stroke: data.colours.strategy[s], "stroke-dasharray": dash(data.strategies.indexOf(s)) }, f.svg);
      line.forEach(([x, y]) => points.push({ x: f.px(x), y: f.py(y), text: `${s}, seed ${details.seed[s]}\n${spec.x} ${round(x)}, ${spec.y} ${round(y)}` }));
      const recall = fact(s, "recall", i), precision = fact(s, "precision", i);
      if (!known(recall) || !precision) return;
      const tp = recall * p, [x, y] = spec.at(tp, tp / precision - tp, p, n);
      make("path", { d: shape(data.strategies.indexOf(s), 4.5), transform: `translate(${f.px(x)},${f.py(y)})`, fill: data.colours.strategy[s], class: "point" }, f.svg);
    });
    names(f.svg, points);
  }

  function drawTask() {
    const host = byId("task-charts");
    host.replaceChildren();
    for (const act of [scoreChart, (h, i) => curveChart(h, i, "roc"), (h, i) => curveChart(h, i, "pr")]) {
      const node = document.createElement("figure");
      node.className = "chart";
      host.append(node);
      act(node, shownTask);
      if (!node.firstChild) node.remove();
    }
    key(byId("task-legend"), Object.fromEntries(data.strategies.map((s) => [s, data.colours.strategy[s]])), true, "both");
  }

  function showTask(i) {
    shownTask = i;
    const t = data.tasks, base = details.baseline;
    byId("task-name").textContent = t.id[i];
    const count = (name, words) => (t[name] && known(t[name][i]) ? `${t[name][i].toLocaleString("en")} ${words}` : "");
    byId("task-about").textContent = [
      [t.modality[i], t.assay[i], t.target[i], t.cell_type[i], t.cell_group[i]].filter(Boolean).join(" \u00b7 "), count("n_peaks", "peaks"),
      [count("positives_train", "training"), count("positives_validation", "validation"), count("positives_test", "test")].filter(Boolean).join(", ") + " positives",
      known(t.base_rate[i]) ? `base rate ${t.base_rate[i].toPrecision(3)} (test)` : "", t.flag[i],
    ].filter(Boolean).join("; ");
    // One seed stands in the heads of what is a network's; where strategies differ, in a column of its own.
    const seeds = [...new Set(data.strategies.map((s) => details.seed[s]))], of = seeds.length === 1 ? `, seed ${seeds[0]}` : "";
    byId("task-caption").textContent = `Scores are means over seeds; thresholds, intervals, precision, recall and the curves are of seed ${seeds.join(" or ")}.`;
    const has = (name) => data.strategies.some((s) => known(fact(s, name, i)));
    const columns = [
      ["Strategy", (s) => s], [NAME, (s) => round(score(s, i))],
      base && [`${NAME} less ${base}`, (s) => (s === base || !known(score(s, i)) || !known(score(base, i)) ? "\u2013" : round(score(s, i) - score(base, i)))],
      ...Object.keys(METRIC).slice(1).map((metric) => [METRIC[metric].replace("test ", ""), (s) => round(data.scores[s][metric][i])]),
      ...Object.entries(details.further).filter(([name]) => data.strategies.some((s) => known(further(s, name, i)))).map(([name, words]) => [words, (s) => round(further(s, name, i))]),
      !of && ["Seed", (s) => `${details.seed[s]}`],
      has("threshold") && [`Threshold${of}`, (s) => round(fact(s, "threshold", i))],
      has("low") && [`${NAME}, 95 % interval${of}`, (s) => interval(s, "", i)],
      has("auprc_low") && [`AUPRC, 95 % interval${of}`, (s) => interval(s, "auprc_", i)],
      has("precision") && [`Precision${of}`, (s) => round(fact(s, "precision", i))], has("recall") && [`Recall${of}`, (s) => round(fact(s, "recall", i))],
      has("group") && ["Learnt with", (s) => { const n = companions(s, i); return n === null ? "\u2013" : n ? `${n} others` : "alone"; }],
    ].filter(Boolean);
    rowsInto(panel.querySelector("table"), columns.map(([title]) => title), data.strategies.map((s) => columns.map(([, of]) => of(s))));
    // Other sections may know more of each task: { title, columns, rows: [[index of the task, cell, ...]] }.
    byId("task-more").replaceChildren();
    for (const { per_task: more } of Object.values(data.sections)) {
      const lines = more ? more.rows.filter(([task]) => task === i).map(([, ...cells]) => cells.map((c) => (typeof c === "number" ? round(c) : c ?? "\u2013"))) : [];
      if (!lines.length) continue;
      const table = document.createElement("table"), scroll = document.createElement("div");
      scroll.className = "scroll";
      watchScroll(scroll, `${t.id[i]}: ${more.title}`);
      scroll.append(table);
      table.createCaption().textContent = more.title;
      rowsInto(table, more.columns, lines);
      byId("task-more").append(scroll);
    }
    panel.hidden = false;
    rows.forEach((row, k) => (k === i ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current")));
    drawTask();
  }
  function closeTask() {
    if (shownTask < 0) return;
    const link = rows[shownTask].querySelector("a");
    if (rows[shownTask].classList.contains("later")) layOut(rows.length);
    panel.hidden = true;
    rows[shownTask].removeAttribute("aria-current");
    shownTask = -1;
    return link;
  }
  // The task that the address names; -1 where it names none, or is no address at all (`#task=%`).
  function askedTask() {
    const asked = location.hash.match(/^#task=(.*)$/);
    try {
      return asked ? data.tasks.id.indexOf(decodeURIComponent(asked[1])) : -1;
    } catch (error) {
      if (error instanceof URIError) return -1;
      throw error;
    }
  }
  function follow() {
    const i = askedTask();
    if (i < 0) return closeTask();
    showTask(i);
    byId("task-name").focus({ preventScroll: true });
    panel.scrollIntoView();
  }
  // The next or the one before among the rows that are shown, in their present order; the open task itself may be
  // filtered out.
  function beside(step) {
    const order = [...body.rows], n = order.length;
    let at = order.indexOf(rows[shownTask]);
    for (let k = 0; k < n; k++) {
      at = (at + step + n) % n;
      if (!order[at].hidden) { location.hash = taskHash(rows.indexOf(order[at])); return; }
    }
  }
  on("task-before", "click", () => beside(-1));
  on("task-after", "click", () => beside(1));
  on("task-close", "click", () => { const link = closeTask(); history.replaceState(null, "", "#tasks"); if (link) link.focus(); });
  addEventListener("hashchange", follow);
  addEventListener("resize", () => shownTask >= 0 && drawTask());
  night.addEventListener("change", () => shownTask >= 0 && drawTask());
  follow();

  // --- texts to take along -------------------------------------------------------------------------------------
  all("[data-copy]").forEach((button) => button.addEventListener("click", () => {
    const host = byId(button.dataset.copy), said = button.nextElementSibling;
    const select = () => { getSelection().selectAllChildren(host); said.textContent = "Selected: press Ctrl+C"; };
    const copied = navigator.clipboard ? navigator.clipboard.writeText(host.innerText) : Promise.reject();
    copied.then(() => { said.textContent = "Copied"; }, select);
  }));
})();
