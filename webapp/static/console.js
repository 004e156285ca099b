// Keys for people who file at night: n files, / searches, Ctrl+Enter sends the form. Pages work without this file.
const typing = (element) => element.closest("input, textarea, select, [contenteditable]");
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form) {
    event.target.form.requestSubmit(event.target.form.querySelector("button:not([formaction])"));
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "n") location.assign("/console/incidents/new");
});
// The token that protects forms goes with every request that htmx makes.
document.addEventListener("htmx:config:request", (event) => {
  const token = document.querySelector("input[name=csrf_token]");
  if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token.value;
});
