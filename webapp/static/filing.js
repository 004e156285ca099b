// Filing by keyboard: Enter never files by accident (Ctrl+Enter does), nothing is filed twice, long lists can be narrowed.
const form = document.getElementById("filing");
let isSent = false;

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.target.matches("input")) event.preventDefault();
});
form.addEventListener("submit", (event) => {
  if (event.submitter?.hasAttribute("formaction")) return;
  if (isSent) event.preventDefault();
  isSent = true;
  form.setAttribute("aria-busy", "true");
});
// A browser may show this page again with its answers kept: then the recommendation belongs to them.
addEventListener("pageshow", (event) => {
  isSent = false;
  form.removeAttribute("aria-busy");
  if (event.persisted || form.querySelector("[name=kind]:checked")) form.dispatchEvent(new Event("input", { bubbles: true }));
});
// While the recommendation is behind the answers it looks so; if it cannot follow, a sentence says so.
const panel = document.getElementById("recommendation");
const follow = ({ isBehind, isStale }) => {
  panel.setAttribute("aria-busy", String(isBehind));
  document.querySelector("[data-stale]").hidden = !isStale;
};
if (window.htmx) form.addEventListener("input", () => panel.setAttribute("aria-busy", "true"));
panel.addEventListener("htmx:after:request", (event) => {
  const isStale = event.detail.ctx.response.status >= 400;
  follow({ isBehind: isStale, isStale });
});
panel.addEventListener("htmx:error", () => follow({ isBehind: true, isStale: true }));
// With htmx the recommendation comes by itself.
if (document.querySelector("meta[name=htmx-config]")) document.querySelector(".show-recommendation").hidden = true;

for (const box of document.querySelectorAll("[data-narrows]")) {
  box.parentElement.hidden = false;
  box.addEventListener("input", (event) => {
    event.stopPropagation();
    const wanted = box.value.trim().toLowerCase();
    for (const choice of document.querySelectorAll(`#${box.dataset.narrows} .choice`)) {
      const isKept = choice.textContent.toLowerCase().includes(wanted) || choice.querySelector(":checked");
      choice.hidden = !isKept;
    }
    for (const group of document.querySelectorAll(`#${box.dataset.narrows} .group`)) {
      group.hidden = !group.querySelector(".choice:not([hidden])");
    }
  });
}
