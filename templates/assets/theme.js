// Runs before the page is painted, so that a remembered theme does not flash.
(() => {
  "use strict";
  try {
    const theme = localStorage.getItem("reportgen-theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch {
    // A sandboxed page may not remember; it follows the system.
  }
})();
