// Keys for people who file at night, and a desk that keeps itself up to date. Pages work without this file.
const KEYS = { n: "/console/incidents/new", "g o": "/console/", "g i": "/console/incidents", "g a": "/console/audit" };
const CHORD_MS = 1200;
const SWITCH = "sveg-keys";
let before = { key: "", at: 0 };

const typing = (element) => element.closest?.("input, textarea, select, [contenteditable]");
const keysAreOn = () => localStorage.getItem(SWITCH) !== "off";

function send(form) {
  form.requestSubmit(form.querySelector("button:not([formaction]):not([type=button])"));
}

function search() {
  const box = document.querySelector("input[type=search]");
  if (box) box.focus();
  else location.assign("/console/incidents#q");
}

function pressed(key) {
  const both = performance.now() - before.at < CHORD_MS ? `${before.key} ${key}` : key;
  before = { key, at: performance.now() };
  if (key === "?") document.getElementById("keys")?.showModal();
  else if (key === "/") search();
  else if (KEYS[both] || KEYS[key]) location.assign(KEYS[both] || KEYS[key]);
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.closest("form")) return send(event.target.closest("form"));
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (!document.getElementById("keys") || document.querySelector("dialog[open]") || !keysAreOn()) return;
  if (pressed(event.key)) event.preventDefault();
});

for (const button of document.querySelectorAll("[data-opens], [data-pauses]")) button.hidden = false;
for (const button of document.querySelectorAll("[data-opens]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}
for (const box of document.querySelectorAll("[data-keys]")) {
  box.checked = keysAreOn();
  box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
}
document.querySelector(".error-summary")?.focus();
if (location.hash === "#q") document.getElementById("q")?.focus();
// A link to a part that is folded away opens it.
const unfold = () => {
  const part = document.getElementById(location.hash.slice(1));
  if (part instanceof HTMLDetailsElement) part.open = true;
};
unfold();
addEventListener("hashchange", unfold);

// What keeps itself up to date rests while nobody looks, while it is paused, and while somebody works in it.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-pauses]");
  if (!button) return;
  const isPaused = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(isPaused));
});
document.addEventListener("htmx:config:request", (event) => {
  const source = event.detail.ctx.sourceElement;
  if (source.matches("[data-keeps-up]")) {
    const isPaused = document.querySelector("[data-pauses][aria-pressed=true]");
    const isInUse = source.querySelector(":is(button, .button):is(:hover, :focus)");
    if (document.hidden || isPaused || isInUse) event.preventDefault();
  }
  // The token that protects forms goes with every request that htmx makes.
  const token = document.querySelector("input[name=csrf_token]");
  if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token.value;
});
