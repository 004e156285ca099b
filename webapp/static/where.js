// Places while one types: a combobox (arrows, Enter, Escape), more rows, one click where a name means several. Pages work without.
const WAIT_MS = 90;
const known = new Map();
let lists = 0;

async function suggestions(typed, signal) {
  if (!known.has(typed)) {
    const answer = await fetch(`/console/places?q=${encodeURIComponent(typed)}`, { signal, headers: { Accept: "application/json" } });
    if (!answer.ok) return [];
    known.set(typed, (await answer.json()).places);
  }
  return known.get(typed);
}

class Finder {
  constructor(input) {
    this.input = input;
    this.id = input.nextElementSibling;
    this.row = input.closest("[data-row]");
    this.list = document.createElement("ul");
    Object.assign(this.list, { id: `found-${(lists += 1)}`, role: "listbox", hidden: true });
    this.list.setAttribute("aria-label", "Places");
    input.removeAttribute("list");
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) input.setAttribute(name, value);
    input.parentElement.append(this.list);
    input.addEventListener("input", (event) => this.typed(event));
    input.addEventListener("keydown", (event) => this.pressed(event));
    input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => { // before the field loses the focus
      event.preventDefault();
      const option = event.target.closest("li");
      if (option) this.choose(option);
    });
  }

  typed(event) {
    if (event.detail?.isChosen) return;
    this.id.value = "";
    this.row.classList.remove("is-whole");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  async ask() {
    this.asking?.abort();
    this.asking = new AbortController();
    const typed = this.input.value.trim();
    if (typed.length < 2 || /^[-+\d.,\s]+$/.test(typed)) return this.close();
    try {
      const places = await suggestions(typed, this.asking.signal);
      if (document.activeElement === this.input && typed === this.input.value.trim()) this.show(places);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show(places) {
    this.list.replaceChildren(...places.map((place, number) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `${this.list.id}-${number}`, role: "option" });
      option.setAttribute("aria-selected", "false");
      option.place = place;
      const more = document.createElement("small");
      more.textContent = place.in_full.slice(place.name.length);
      option.append(place.name, more, place.is_whole ? " (all of it)" : "");
      return option;
    }));
    this.at = -1;
    this.list.hidden = !places.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.show([]);
  }

  move(step) {
    const options = [...this.list.children];
    this.at = (this.at + step + options.length + (this.at < 0 && step < 0 ? 1 : 0)) % options.length;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === this.at)));
    options[this.at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[this.at].id);
  }

  pressed(event) {
    if (event.key === "ArrowDown" && this.list.hidden) { event.preventDefault(); return void this.ask(); }
    if (this.list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && this.at >= 0 && !event.ctrlKey) this.choose(this.list.children[this.at]);
    else if (event.key === "Enter" || event.key === "Escape") this.close();
    else return;
    if (!event.ctrlKey) event.preventDefault();
  }

  choose(option) {
    this.means(option.place.id, option.place.in_full, option.place.is_whole);
    this.close();
  }

  means(id, text, isWhole) {
    this.input.value = text;
    this.id.value = id;
    this.row.classList.toggle("is-whole", Boolean(isWhole));
    for (const said of this.row.querySelectorAll(".error, .meant")) said.remove();
    this.input.removeAttribute("aria-invalid");
    this.input.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: { isChosen: true } }));
  }
}

const finders = new Map();
const findIn = (part) => part.querySelectorAll("[data-finds]").forEach((input) => finders.set(input, new Finder(input)));

for (const rows of document.querySelectorAll("[data-rows]")) {
  findIn(rows);
  const button = rows.querySelector("[data-another]");
  const spare = rows.querySelector(".spare");
  button.hidden = false;
  if (spare) spare.remove();
  button.addEventListener("click", () => {
    const every = rows.querySelectorAll("[data-row]");
    const row = every[every.length - 1].cloneNode(true);
    const id = `${rows.dataset.rows}-${every.length}`;
    row.querySelectorAll(".error, .meant, .hint, .combo ul").forEach((part) => part.remove());
    row.classList.remove("is-whole");
    const [text, hidden, km] = row.querySelectorAll("input");
    for (const name of ["aria-describedby", "aria-invalid", "aria-activedescendant"]) text.removeAttribute(name);
    [text.value, hidden.value, text.id, km.id] = ["", "", id, `${id}-km`];
    const [label, kmLabel] = row.querySelectorAll("label");
    [label.textContent, label.htmlFor, kmLabel.htmlFor] = ["Another place", text.id, km.id];
    button.before(row);
    findIn(row);
    text.focus();
  });
}

// The recommendation asks which of several is meant.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-means]");
  if (!button) return;
  const filled = [...document.querySelectorAll(`[data-rows="${button.dataset.means}"] [data-finds]`)].filter((input) => input.value.trim());
  finders.get(filled[Number(button.dataset.number)])?.means(button.dataset.id, button.dataset.text, false);
});

// A chosen file is read here, so that what follows knows its shapes or codes; without JavaScript it goes along with the form.
function reads(input, text, keep) {
  input?.addEventListener("change", async () => {
    if (!input.files.length || input.files[0].size > 5_000_000) return; // too large: the answer to the form says so
    const read = await input.files[0].text();
    text.value = keep && text.value.trim() ? `${text.value.trim()}\n${read}` : read;
    input.value = "";
    text.closest("details").open = true;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
reads(document.getElementById("upload"), document.getElementById("drawn"), false);
reads(document.getElementById("codes-file"), document.getElementById("codes"), true);
