// Runs before the page is painted: a remembered theme does not flash, and what scripts will show has
// its place from the start.
(() => {
  "use strict";
  document.documentElement.classList.add("scripted");
  try {
    const theme = localStorage.getItem("reportgen-theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch {
    // A sandboxed page may not remember; it follows the system.
  }
})();
