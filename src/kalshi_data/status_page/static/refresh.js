// Replaces what changes on a page by what the server has now, while the page is looked at and nothing is typed.
"use strict";
(() => {
  const seconds = Number(document.body.dataset.refresh);
  const button = document.getElementById("refresh");
  if (!seconds || !button) return;
  let isPaused = false;
  button.hidden = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.textContent = isPaused ? "Resume updates" : "Pause updates";
  });
  const isInUse = () => {
    const focused = document.activeElement;
    const selected = String(document.getSelection()).length > 0;
    return selected || (focused && focused.id !== "main" && focused.closest("#main") !== null);
  };
  const update = async () => {
    if (isPaused || document.hidden || isInUse()) return;
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const open = [...document.querySelectorAll("details")].map((each) => each.open);
      for (const id of ["health", "main", "at"]) {
        const [shown, wanted] = [document.getElementById(id), fresh.getElementById(id)];
        if (!shown || !wanted) continue;
        shown.className = wanted.className;
        shown.replaceChildren(...wanted.childNodes);
      }
      document.title = fresh.title;
      document.querySelectorAll("details").forEach((each, number) => {
        if (number < open.length) each.open = open[number];
      });
      document.body.classList.remove("stale");
    } catch {
      document.body.classList.add("stale");
    }
  };
  setInterval(update, 1000 * seconds);
})();
