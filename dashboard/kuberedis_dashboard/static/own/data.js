// The data page: what was opened gets the focus, so that the keyboard and a screen reader go on there.
"use strict";
document.addEventListener("htmx:after:swap", () => {
  const heading = document.querySelector("#open-key [data-focus]");
  if (!heading) return;
  delete heading.dataset.focus;
  heading.focus({ preventScroll: matchMedia("(min-width: 60.01rem)").matches });
});
