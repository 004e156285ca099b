// While a draft saves itself, what is typed meanwhile stays: an answer never overwrites a field that is newer than it.
const newer = new Set();
document.addEventListener("input", (event) => newer.add(event.target));
document.addEventListener("htmx:config:request", () => newer.clear());
document.addEventListener("htmx:before:morph:node", (event) => {
  if (newer.has(event.detail.oldNode)) event.preventDefault();
});
