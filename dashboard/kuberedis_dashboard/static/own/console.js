// The console: history of this tab, completion and syntax from the server's own documents. It works without any of them.
"use strict";
(() => {
  const form = document.querySelector("#console");
  const input = document.querySelector("#line");
  const syntax = document.querySelector("#syntax");
  const place = `console:${location.pathname}`;
  const most = 200;
  let history = [];
  try { history = JSON.parse(sessionStorage.getItem(place)) ?? []; } catch { /* Another version wrote it. */ }
  let at = history.length;
  let draft = "";

  // What is run is remembered when it is on its way, and the field is free for the next line.
  document.addEventListener("htmx:before:request", (event) => {
    if (event.target !== form) return;
    const line = input.value;
    if (line && history.at(-1) !== line) history = [...history, line].slice(-most);
    at = history.length;
    try { sessionStorage.setItem(place, JSON.stringify(history)); } catch { /* It is full, or not allowed. */ }
    input.value = "";
    show();
  });
  document.addEventListener("htmx:after:swap", () => {
    document.querySelector("#output").lastElementChild?.scrollIntoView({ block: "nearest" });
    // Not on the button that confirms: whoever presses Enter once more has not read what it destroys.
    input.focus();
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    const next = at + (event.key === "ArrowUp" ? -1 : 1);
    if (next < 0 || next > history.length) return;
    if (at === history.length) draft = input.value;
    at = next;
    input.value = history[at] ?? draft;
    show();
    event.preventDefault();
  });

  // Completion, and the arguments of the command that is being typed.
  const commands = new Map();
  const help = syntax.textContent;
  fetch(form.dataset.commands, { headers: { Accept: "application/json" } }).then(async (response) => {
    if (!response.ok) return;
    const list = document.querySelector("#commands");
    for (const [name, parameters, summary] of (await response.json()).commands) {
      commands.set(name, `${name} ${parameters} — ${summary}`);
      const option = document.createElement("option");
      option.value = name;
      list.append(option);
    }
    show();
  }).catch(() => {});
  input.addEventListener("input", show);
  function show() {
    const words = input.value.trimStart().split(/\s+/, 2).map((word) => word.toUpperCase());
    const text = commands.get(words.join(" ")) ?? commands.get(words[0]) ?? help;
    if (syntax.textContent !== text) syntax.textContent = text;
  }
})();
