// Counts down to a time (`data-until`) or for so many seconds (`data-seconds`), in words. Without it the page says when that is.
"use strict";
(() => {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const begun = Date.now();

  function words(seconds) {
    const [unit, size] = units.find(([, each]) => seconds >= each) ?? units.at(-1);
    const number = Math.floor(seconds / size);
    return `in ${number} ${unit}${number === 1 ? "" : "s"}`;
  }

  function show() {
    for (const place of document.querySelectorAll("[data-until], [data-seconds]")) {
      const end = place.dataset.until ? Date.parse(place.dataset.until) : begun + 1000 * Number(place.dataset.seconds);
      const left = Math.round((end - Date.now()) / 1000);
      const ahead = place.dataset.until ? ", " : "";
      const text = left > 0 ? ahead + words(left) : place.dataset.over ?? "now";
      if (place.textContent !== text) place.textContent = text;
    }
  }

  show();
  setInterval(show, 1000);
})();
