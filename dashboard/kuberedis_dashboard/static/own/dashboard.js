// What every page has: copy buttons, keys, the live indicator, figures. Pages work without it.
// One listener a kind of event on the document, so that what is swapped in later works too.
"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const closest = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;

  // Copy: `data-copy` is the text, `data-copy-from` selects the element that has it.
  document.addEventListener("click", async (event) => {
    const button = closest(event, "[data-copy], [data-copy-from]");
    if (!button) return;
    const text = button.dataset.copy ?? one(button.dataset.copyFrom)?.textContent ?? "";
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "✓";
      say("Copied");
    } catch {
      say("The browser does not allow copying");
    }
    setTimeout(() => { button.textContent = before; }, 1500);
  });

  // What a screen reader is told of changes that are only seen otherwise.
  const voice = document.createElement("p");
  voice.setAttribute("role", "status");
  voice.className = "skip";
  document.body.append(voice);
  function say(text) { voice.textContent = text; }

  // Keys, unless somebody types.
  document.addEventListener("keydown", (event) => {
    const typing = closest(event, "input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && typing?.matches("[data-filter]") && typing.value) {
      typing.value = "";
      typing.dispatchEvent(new Event("input", { bubbles: true }));
      event.preventDefault();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
    if (event.key === "/") one("[data-filter]")?.focus();
    else if (event.key === "?") one("#keys").showModal();
    else if (event.key === "g") location.href = one(".brand").href;
    else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
    else return;
    event.preventDefault();
  });
  function step(by) {
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.indexOf(document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
  }

  // The live indicator follows the stream of the page.
  const states = { live: "Live", waiting: "Reconnecting", ended: "Not live" };
  function live(state, text = states[state]) {
    const indicator = one("#live");
    if (!indicator) return;
    indicator.hidden = false;
    indicator.dataset.state = state;
    if (indicator.textContent !== text) indicator.textContent = text;
  }
  const ended = new WeakSet();
  document.addEventListener("htmx:sse:before:connection", (event) => { if (ended.has(event.target)) event.preventDefault(); });
  document.addEventListener("htmx:sse:after:connection", () => live("live"));
  document.addEventListener("htmx:sse:before:message", (event) => {
    // hx-sse lets go of its stream when a tab is hidden, and not in one that was opened so. Browsers have six connections for all tabs.
    if (document.hidden) document.dispatchEvent(new Event("visibilitychange"));
    const name = event.detail.message.event;
    if (name !== "away" && name !== "stream-error") live("live");
  });
  document.addEventListener("htmx:sse:error", () => live("waiting"));
  document.addEventListener("away", (event) => live("waiting", `Waiting: ${JSON.parse(event.detail.data).error}`));
  document.addEventListener("stream-error", (event) => {
    const { status, error, advice } = JSON.parse(event.detail.data);
    ended.add(event.target);
    if (status === 401) location.reload();
    else live("ended", `Not live: ${error}. ${advice}`);
  });

  // Rows: {"id": id of their parent, "order": [ids]}; those that are not in it go. While the pointer or the focus is on them, they wait.
  const waiting = new Map();
  document.addEventListener("rows", (event) => {
    const { id, order } = JSON.parse(event.detail.data);
    waiting.set(id, order);
    arrange(id);
  });
  for (const left of ["mouseout", "focusout"]) document.addEventListener(left, () => setTimeout(() => [...waiting.keys()].forEach(arrange)));
  function arrange(id) {
    const parent = document.getElementById(id);
    const order = waiting.get(id);
    if (!parent || !order) return void waiting.delete(id);
    for (const row of [...parent.children]) if (!order.includes(row.id)) row.remove();
    if (parent.matches(":hover, :focus-within")) return;
    waiting.delete(id);
    let at = parent.firstElementChild;
    for (const row of order.map((key) => document.getElementById(key))) {
      if (row === at) at = at.nextElementSibling;
      else if (row?.parentElement === parent) parent.insertBefore(row, at);
    }
  }

  // Ages grow by themselves.
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-age]")) {
      const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000));
      const [unit, size] = units.find(([, size]) => seconds >= size) ?? units.at(-1);
      const text = `${Math.floor(seconds / size)} ${unit}`;
      if (time.textContent !== text) time.textContent = text;
    }
  }, 5000);

  // Figures: {"id of an element": {"name": "text" or {"value": 1, "text": "1"}}} for its descendants with data-figure="name".
  document.addEventListener("figures", (event) => {
    for (const [id, figures] of Object.entries(JSON.parse(event.detail.data))) {
      const element = document.getElementById(id);
      if (!element) continue;
      for (const [name, figure] of Object.entries(figures)) show(one(`[data-figure="${CSS.escape(name)}"]`, element), figure);
    }
  });
  function show(place, figure) {
    if (!place) return;
    const meter = one("meter", place);
    if (meter && figure.value !== undefined) {
      meter.value = figure.value;
      meter.hidden = false;
      place = one("span", meter.parentElement) ?? place;
    }
    const text = String(figure.text ?? figure);
    if (place.textContent !== text) place.textContent = text;
  }
})();
