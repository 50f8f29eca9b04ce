// Forms that the server checks while somebody types.
"use strict";
(() => {
  // What was typed before the scripts were there, or is back because somebody went back, is checked as if it were typed now.
  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[hx-post]")) {
      if ([...form.elements].some(differs)) form.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  function differs(control) {
    if (control.type === "checkbox") return control.checked !== control.defaultChecked;
    if (control.options) return [...control.options].some((option) => option.selected !== option.defaultSelected);
    return control.defaultValue !== undefined && control.value !== control.defaultValue;
  }

  // What somebody has opened or closed stays so when the answer is merged into the form.
  let before = new Map();
  document.addEventListener("htmx:before:swap", () => {
    before = new Map([...document.querySelectorAll("form details")].map((part) => [part, part.open]));
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const [part, open] of before) if (!part.querySelector(".wrong")) part.open = open;
  });
})();
