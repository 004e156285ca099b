// Findings lead to their place in the text. Pages work without this file.
function show(area, line, column) {
  const lines = area.value.split("\n");
  const at = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  const here = lines[line - 1] ?? "";
  area.focus();
  area.setSelectionRange(at + Math.min(column - 1, here.length), at + here.length);
  area.scrollTop = ((line - 4) / lines.length) * area.scrollHeight;
  area.scrollLeft = 0;
}

document.addEventListener("click", (event) => {
  const place = event.target.closest?.("a[data-line]");
  const area = place && document.querySelector("textarea.policy-area, .policy-area textarea");
  if (!area) return;
  event.preventDefault();
  show(area, Number(place.dataset.line), Number(place.dataset.column));
});

const named = document.querySelector("textarea[data-line]");
if (named) show(named, Number(named.dataset.line), 1);
