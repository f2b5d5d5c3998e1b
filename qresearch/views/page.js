// What every page has that we write as one file (qresearch/views/page.py): the data, words in two languages, numbers,
// elements, themes, and tables that are searched, sorted and saved. What stands in the data becomes text nodes, never
// markup. The script of the page itself follows this text; it has `now`, the state of the page, and `go`, the only way
// in which that changes.

const DATA = JSON.parse(document.getElementById("data").textContent);
const LANGUAGES = Object.keys(DATA.words);
const MOST_ROWS = 200; // of a table

const wide = window.matchMedia("(prefers-color-scheme: dark)");

/* ------------------------------------------------------------------ words and elements */

const word = (key, facts = {}) =>
  DATA.words[now.language][key].replace(/\{(\w+)\}/g, (_, name) => facts[name]);
const count = (value) => (value ?? null) === null ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: 0 });
const money = (value) => (value ?? null) === null ? "–"
  : value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const price = (value) => (value ?? null) === null ? "–"
  : value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 3 });
const signed = (value) => (value > 0 ? "+" : "") + money(value);

/** An element with attributes (functions are listeners) and children (anything but elements is text). */
function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (key in made && key !== "list") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const parts = {};
const root = document.getElementById("page");

/** Elements with names: `parts` finds them again. */
const part = (name, tag, attributes = {}, ...children) => {
  parts[name] = h(tag, { id: name, ...attributes }, ...children);
  return parts[name];
};
const button = (name, sign, act) => part(name, "button", { type: "button", click: act }, sign);
const choice = (name, act) => part(name, "select", { change: () => act(parts[name].value) });

/** The tabs of the table below, and what saves and searches it. */
const tabs = () => h("div", { className: "tabs", role: "tablist" },
  ...Object.keys(TABS).map((name) =>
    part(`tab-${name}`, "button", { type: "button", role: "tab", click: () => go({ tab: name, sort: null }) })),
  button("csv", "CSV", saveTable),
  part("search", "input", { type: "search", input: () => go({ query: parts.search.value }) }));

/** The title of the page, in the language in which it is read. */
const heading = () => part("title", "h1");

/** Language and theme: what a reader chooses of every page. */
const looks = () => [
  button("language", "", () => go({ language: LANGUAGES[1 - LANGUAGES.indexOf(now.language)] })),
  choice("theme", (value) => go({ theme: value })),
];

const titledBy = (name, key) => { parts[name].title = word(key); parts[name].ariaLabel = word(key); };

function paintLooks() {
  for (const name of ["search", "csv", "theme"]) titledBy(name, `page_${name}`);
  parts.search.placeholder = word("page_search");
  parts.title.textContent = document.title = DATA.title[now.language];
  parts.language.textContent = word("page_language");
  options(parts.theme, ["auto", "light", "dark"].map((name) => [name, word(`page_${name}`)]), now.theme);
}

const isDark = () => (now.theme === "auto" ? wide.matches : now.theme === "dark");

function dress() {
  document.documentElement.lang = now.language;
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  document.documentElement.dataset.up = DATA.red_up ? "red" : "green";
}

/** Where a link leads: `#moment=8&language=zh`; numbers by name, and how the page looks. */
function readLink(numbers) {
  for (const pair of window.location.hash.slice(1).split("&")) {
    const [name, value] = pair.split("=");
    if (numbers.includes(name) && /^\d+$/.test(value)) now[name] = +value;
    if ((name === "language" && LANGUAGES.includes(value)) || (name === "theme" && /^(auto|light|dark)$/.test(value))) now[name] = value;
  }
}

function options(select, names, chosen) {
  select.replaceChildren(...names.map(([value, name]) => h("option", { value, selected: value === chosen }, name)));
}

const tone = (value) => (value > 0 ? "up" : value < 0 ? "down" : "");
const shownIn = (cell) => (cell instanceof Node ? cell.textContent : cell);

/* ------------------------------------------------------------------ tables */

/** The table whose tab is open: its titles, its rows of cells ([shown, class] each), and the words where there is none. */
function paintTable([head, rows, empty]) {
  for (const [name, key] of Object.entries(TABS)) {
    parts[`tab-${name}`].textContent = word(key);
    parts[`tab-${name}`].ariaSelected = `${now.tab === name}`;
  }
  const wanted = now.query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter(({ cells }) => {
    const line = cells.map(([shown]) => shownIn(shown)).join(" ").toLowerCase();
    return wanted.every((part) => line.includes(part));
  });
  if (now.sort) found.sort((one, two) => now.sort.way * compared(one.cells[now.sort.column], two.cells[now.sort.column]));
  parts.table.rows = [head.map(([name]) => name), ...found.map(({ cells }) => cells.map(([shown]) => shownIn(shown)))];
  const body = found.slice(0, MOST_ROWS).map(({ id, cells }) =>
    h("tr", id ? { className: id === now.chosen ? "chosen" : "", tabIndex: 0, click: () => choose(id),
      keydown: (event) => { if (event.key === "Enter") choose(id); } } : {},
    ...cells.map(([shown, kind]) => h("td", { className: kind ?? "" }, shown))));
  const more = found.length > MOST_ROWS ? word("more", { count: found.length - MOST_ROWS }) : "";
  parts.table.dataset.rows = found.length;
  parts.table.replaceChildren(
    found.length ? h("table", {}, h("thead", {}, h("tr", {}, ...head.map(titled))),
      h("tbody", {}, ...body)) : h("p", { className: "empty" }, rows.length ? word("none_match") : word(empty)),
    h("p", { className: "empty" }, more));
}

/** A title of a column; a click sorts by it, a second one the other way round. */
function titled([name, kind], column) {
  const way = now.sort?.column === column ? now.sort.way : 0;
  const sign = way ? (way > 0 ? " ▲" : " ▼") : "";
  const sort = () => go({ sort: { column, way: -way || 1 } });
  return h("th", { className: kind ?? "", scope: "col", "aria-sort": way ? (way > 0 ? "ascending" : "descending") : "none" },
    h("button", { type: "button", className: "title", click: sort }, `${name}${sign}`));
}

/** Numbers by their size, words by their letters. */
function compared([one, kind], [two]) {
  const number = (shown) => parseFloat(shownIn(shown).replaceAll(",", "").replace("–", "-1e99"));
  if (kind?.startsWith("n")) return number(one) - number(two);
  return shownIn(one).localeCompare(shownIn(two));
}

/** The table as a file: what a spreadsheet would take for a formula gets an apostrophe. */
function saveTable() {
  const cell = (shown) => `"${(/^[=+@\t\r]|^-(?![\d,.]+$)/.test(shown) ? "'" : "") + shown.replaceAll('"', '""')}"`;
  const lines = parts.table.rows.map((row) => row.map(cell).join(","));
  const link = h("a", { href: URL.createObjectURL(new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" })),
    download: `${now.tab}.csv` });
  link.click();
  URL.revokeObjectURL(link.href);
}
