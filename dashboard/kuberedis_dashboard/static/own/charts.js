// The charts of an instance. The server writes texts and tables; this draws lines, and moves them on with what the page's stream brings.
"use strict";
(() => {
  const section = document.getElementById("charts");
  if (!section || typeof uPlot === "undefined") return;
  const note = document.getElementById("charts-note");
  const figures = [...section.querySelectorAll("[data-chart]")];
  const plots = new Map();
  const MOST_POINTS = 360;
  const FIRST_RANGE = "1h";
  let range = FIRST_RANGE;
  let shown = null;
  let asked = 0;

  const write = {
    rate: (value) => value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${value / 1e3}k` : `${+value.toFixed(2)}`,
    seconds: (value) => value >= 1 ? `${+value.toFixed(1)} s` : value >= 1e-3 ? `${+(value * 1e3).toFixed(1)} ms` : `${Math.round(value * 1e6)} µs`,
    bytes: (value) => {
      const power = value ? Math.min(5, Math.floor(Math.log2(value) / 10)) : 0;
      return `${+(value / 1024 ** power).toFixed(1)}${["", "Ki", "Mi", "Gi", "Ti", "Pi"][power]}`;
    },
    part: (value) => `${Math.round(value * 100)}%`,
  };
  // Where an axis may have its marks, unless they are decimal.
  const steps = { bytes: Array.from({ length: 46 }, (_, power) => 2 ** power) };
  const clock = (time, long) => new Date(time * 1000).toLocaleString([], long
    ? { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" } : { hour: "2-digit", minute: "2-digit" });

  const day = (time) => new Date(time * 1000).toLocaleDateString([], { month: "short", day: "numeric" });

  // A property may hold light-dark(), which a canvas does not know; an element resolves it.
  const probe = section.appendChild(document.createElement("i"));
  probe.hidden = true;
  function ink(name) {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  }

  function options(figure, lines) {
    const kind = figure.dataset.kind;
    const grid = { stroke: ink("--line"), width: 1 };
    const axis = { stroke: ink("--faint"), grid, ticks: { ...grid, size: 4 }, font: "12px system-ui, sans-serif" };
    return {
      width: figure.querySelector(".plot").clientWidth,
      height: 160,
      padding: [8, 28, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      scales: { y: { range: (_, least, most) => [0, kind === "part" ? 1 : most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, size: 28, space: 80, values: (_, times) => times.map(range === "7d" ? day : (time) => clock(time)) },
        { ...axis, size: 58, space: 36, incrs: steps[kind], values: (_, values) => values.map(write[kind]) },
      ],
      series: [{}, ...lines.map((_, index) => ({
        stroke: ink(index ? "--busy" : "--link"),
        width: 1.5,
        dash: index ? [5, 4] : undefined,
        points: { show: false },
      }))],
      hooks: { setCursor: [(plot) => hover(figure, plot)] },
    };
  }

  function hover(figure, plot) {
    const index = plot.cursor.idx;
    const output = figure.querySelector("output");
    if (index == null || plot.cursor.left < 0) {
      text(output, shown.charts[figure.dataset.chart].text);
      return;
    }
    const labels = [...figure.querySelectorAll(".key span")].map((label) => label.textContent);
    const values = plot.data.slice(1).map((points, line) => {
      const value = points[index] == null ? "–" : write[figure.dataset.kind](points[index]);
      return labels.length > 1 ? `${labels[line]} ${value}` : value;
    });
    text(output, `${values.join(", ")} at ${clock(plot.data[0][index], true)}`);
  }

  function text(element, value) {
    if (element.textContent !== value) element.textContent = value;
  }

  function draw() {
    for (const figure of figures) {
      const chart = shown.charts[figure.dataset.chart];
      const data = [shown.times, ...chart.points];
      const place = figure.querySelector(".plot");
      const plot = plots.get(figure);
      if (plot) plot.setData(data);
      else plots.set(figure, new uPlot(options(figure, chart.points), data, place));
      text(figure.querySelector("output"), chart.text);
      if (figure.querySelector("details").open) table(figure, chart.rows);
    }
  }

  function table(figure, rows) {
    const body = figure.querySelector("tbody");
    body.replaceChildren(...rows.map(([time, ...cells]) => {
      const row = document.createElement("tr");
      const head = row.appendChild(document.createElement("th"));
      head.scope = "row";
      const when = head.appendChild(document.createElement("time"));
      when.dateTime = new Date(time * 1000).toISOString();
      when.textContent = clock(time, range !== FIRST_RANGE);
      for (const cell of cells) {
        const data = row.appendChild(document.createElement("td"));
        data.className = "number";
        data.textContent = cell;
      }
      return row;
    }));
  }

  function redraw() {
    for (const plot of plots.values()) plot.destroy();
    plots.clear();
    if (shown) draw();
  }

  async function load() {
    const mine = ++asked;
    let answer;
    try {
      const response = await fetch(`${section.dataset.source}?range=${range}`, { headers: { Accept: "application/json" } });
      answer = await response.json();
    } catch {
      answer = { error: "the dashboard does not answer", advice: "Load the page again." };
    }
    if (mine !== asked) return;
    if (answer.error) {
      text(note, `${answer.error}. ${answer.advice}`);
      return;
    }
    text(note, "");
    shown = answer;
    draw();
  }

  // What is new since the last message: later points, and the texts and tables of all.
  document.addEventListener("recent", (event) => {
    const news = JSON.parse(event.detail.data);
    if (news.error) {
      text(note, `${news.error}. ${news.advice}`);
      return;
    }
    if (range !== FIRST_RANGE) return;
    if (!shown) {
      load();
      return;
    }
    text(note, "");
    const last = shown.times[shown.times.length - 1] ?? 0;
    if (news.times.length && news.times[0] > last + shown.step) {
      // The page was hidden for a while.
      load();
      return;
    }
    const from = news.times.findIndex((time) => time > last);
    const join = (old, added) => [...old, ...(from < 0 ? [] : added.slice(from))].slice(-MOST_POINTS);
    shown.times = join(shown.times, news.times);
    for (const [id, chart] of Object.entries(news.charts)) {
      chart.points = shown.charts[id].points.map((points, index) => join(points, chart.points[index]));
      shown.charts[id] = chart;
    }
    draw();
  });

  section.addEventListener("click", (event) => {
    const button = event.target.closest("[data-range]");
    if (!button || button.dataset.range === range) return;
    range = button.dataset.range;
    for (const each of section.querySelectorAll("[data-range]")) each.setAttribute("aria-pressed", String(each === button));
    text(note, "Loading");
    load();
  });
  for (const figure of figures) {
    figure.querySelector("details").addEventListener("toggle", (event) => {
      if (event.target.open && shown) table(figure, shown.charts[figure.dataset.chart].rows);
    });
  }
  new ResizeObserver(() => {
    for (const [figure, plot] of plots) plot.setSize({ width: figure.querySelector(".plot").clientWidth, height: 160 });
  }).observe(section);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  setInterval(() => { if (range !== FIRST_RANGE && !document.hidden) load(); }, 60_000);
  load();
})();
