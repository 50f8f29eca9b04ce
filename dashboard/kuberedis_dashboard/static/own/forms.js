// What somebody has opened or closed in a form stays so when the server's answer to a check is merged into it.
"use strict";
(() => {
  let before = new Map();

  document.addEventListener("htmx:before:swap", () => {
    before = new Map([...document.querySelectorAll("form details")].map((part) => [part, part.open]));
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const [part, open] of before) if (!part.querySelector(".wrong")) part.open = open;
  });
})();
