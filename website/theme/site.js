// What the theme makes without a name, or out of reach of the keyboard: its search, its buttons beside code, and tables that scroll.
const improve = () => {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  document.querySelectorAll(".md-code__nav:not([aria-label])").forEach((nav) => {
    nav.setAttribute("aria-label", `Code ${nav.closest("[id]")?.id}`);
  });
  document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])").forEach((table) => table.setAttribute("tabindex", "0"));
};

improve();
new MutationObserver(improve).observe(document.body, { childList: true, subtree: true });
