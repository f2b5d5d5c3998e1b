// The page of a sweep: a figure over two parameters, each cell a button; and every run in a table. What every page has
// stands before this text (page.js). A run is known by its place in the table of the sweep, from zero.

const NONE = -1;
const runs = DATA.digests.length;
const now = {
  figure: DATA.figure, x: DATA.x, y: DATA.y, run: NONE, cell: null, tab: "runs", query: "", sort: null, chosen: 0,
  language: DATA.language, theme: DATA.theme,
};

const figure = () => DATA.figures[now.figure];
const nameOf = ({ told }) => told[LANGUAGES.indexOf(now.language)];
const valueOf = (run, at = now.figure) => DATA.figures[at].values[run];
const isKnown = (value) => (value ?? null) !== null;

/** A figure as its unit is read. */
function told(value, { unit }) {
  if (!isKnown(value)) return "–";
  if (unit.startsWith("fraction")) return `${(100 * value).toFixed(2)} %`;
  if (unit === "currency") return money(value);
  return unit === "executions" ? count(value) : value.toFixed(3);
}

const isBetter = (one, two) => figure().sign * one > figure().sign * two;
/** Of some runs the one with the best figure; NONE where none has it. */
const bestOf = (some) => some.reduce((best, run) => (isKnown(valueOf(run))
  && (best === NONE || isBetter(valueOf(run), valueOf(best))) ? run : best), NONE);
const meanOf = (some) => {
  const known = some.map((run) => valueOf(run)).filter(isKnown);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
};

/** The cells, row by row from above: the runs that stand in each, and their mean. The largest value is above. */
function cells() {
  const across = DATA.labels[now.x].length;
  const up = now.y === NONE ? 1 : DATA.labels[now.y].length;
  const grid = Array.from({ length: up }, () => Array.from({ length: across }, () => ({ runs: [] })));
  for (let run = 0; run < runs; run += 1) {
    const row = now.y === NONE ? 0 : up - 1 - DATA.places[now.y][run];
    grid[row][DATA.places[now.x][run]].runs.push(run);
  }
  for (const row of grid) for (const cell of row) cell.value = meanOf(cell.runs);
  return grid;
}

/* ------------------------------------------------------------------ the page */

const TABS = { runs: "sweep_runs" };
const labelled = (name, act) => h("label", {}, part(`${name}-word`, "span"), choice(name, act));

function build() {
  root.append(
    h("header", {}, heading(), h("div", { className: "choices" },
      labelled("figures", (value) => go({ figure: +value })),
      labelled("across", (value) => go({ x: +value, y: +value === now.y ? now.x : now.y })),
      labelled("up", (value) => go({ y: +value, x: +value === now.x ? now.y : now.x })), ...looks())),
    h("div", { className: "card" },
      part("map", "div", { role: "group", keydown: onKey, mouseleave: () => look(null), focusout: () => look(null) }),
      part("scale", "p")),
    part("readout", "div", { role: "status" }),
    part("open", "div", {}, part("opened", "span"), part("code", "input", { readOnly: true, focus: () => parts.code.select() }),
      button("copy", "", copy)),
    tabs(),
    part("table", "div", { className: "table", role: "tabpanel" }),
    part("about", "footer"),
  );
}

/** Go somewhere: the only way in which anything on the page changes. */
function go(change) {
  Object.assign(now, change);
  now.chosen = now.run + 1;
  paint();
}

/** Look at a cell, or no longer: nothing but the line of words changes. */
function look(cell) {
  now.cell = cell;
  paintReadout();
}

/** Choose a run: of a row of the table by its number from one. */
const choose = (id) => go({ run: id - 1 });

function paint() {
  dress();
  paintChoices();
  paintMap();
  paintReadout();
  paintTable(tableOfRuns());
  Object.assign(root.dataset, { figure: figure().name, x: DATA.names[now.x], y: DATA.names[now.y] ?? "", run: now.run });
}

function paintChoices() {
  paintLooks();
  for (const [name, key] of [["figures", "sweep_figure"], ["across", "sweep_across"], ["up", "sweep_up"]]) {
    titledBy(name, key);
    parts[`${name}-word`].textContent = word(key);
  }
  const names = DATA.names.map((name, place) => [place, name]);
  options(parts.figures, DATA.figures.map((one, place) => [place, nameOf(one)]), now.figure);
  options(parts.across, names, now.x);
  options(parts.up, names.length > 1 ? names.filter(([place]) => place !== now.x) : [[NONE, word("sweep_no_other")]], now.y);
  parts.about.replaceChildren(h("p", {}, word("sweep_keys")), h("p", {}, word("sweep_about")));
}

/* ------------------------------------------------------------------ the map */

/** Red, green and blue of a colour of the style sheet. */
const parsed = (name) => {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
};

/** Black or white, whichever reads better on a colour: one of them always reads at 4.5 to 1. */
function onto(colour) {
  const light = colour.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  return light > 0.179 ? "#000000" : "#ffffff";
}

function paintMap() {
  const grid = cells();
  const known = grid.flat().map(({ value }) => value).filter(isKnown);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const [from, to] = [parsed("--least"), parsed("--most")];
  // As in the picture of a sweep: of what the cells show, the best.
  const best = grid.flat().filter(({ value }) => isKnown(value)).reduce((one, two) => (one && !isBetter(two.value, one.value) ? one : two), null);
  const head = h("tr", {}, h("th", { className: "axis" }, now.y === NONE ? "" : `${DATA.names[now.y]} ↑`),
    ...DATA.labels[now.x].map((label) => h("th", { scope: "col" }, label)), h("th", { className: "axis" }, `${DATA.names[now.x]} →`));
  const body = grid.map((row, number) => h("tr", {},
    h("th", { scope: "row" }, now.y === NONE ? "" : DATA.labels[now.y][grid.length - 1 - number]),
    ...row.map((cell, column) => h("td", {}, buttonOf(cell, number, column, { least, most, from, to, best })))));
  parts.map.ariaLabel = word("sweep_map", { figure: nameOf(figure()) });
  // The focus stays on its cell: the buttons are made anew.
  const held = parts.map.contains(document.activeElement) ? document.activeElement.dataset : null;
  parts.map.replaceChildren(runs ? h("table", {}, h("tbody", {}, ...body, head)) : h("p", { className: "empty" }, word("sweep_nothing")));
  if (held) cellAt(+held.row, +held.column)?.focus();
  else parts.map.querySelector("button.best, button")?.setAttribute("tabindex", "0");
  parts.scale.replaceChildren(...(known.length ? [h("span", {}, nameOf(figure())), told(least, figure()), h("i"), told(most, figure()), h("span", {}, word("sweep_scale")),
    h("span", { className: "best-of" }, `★ ${word("sweep_best")}`)] : []));
}

function buttonOf(cell, row, column, { least, most, from, to, best }) {
  const isBest = cell === best;
  const failed = cell.runs.length > 0 && !isKnown(cell.value);
  const text = isKnown(cell.value) ? `${told(cell.value, figure())}${isBest ? " ★" : ""}` : failed ? "✕" : "–";
  const kinds = [isBest && "best", failed && "failed", !cell.runs.length && "none", cell.runs.includes(now.run) && "chosen"];
  const made = h("button", { type: "button", tabIndex: -1, className: kinds.filter(Boolean).join(" "), mouseenter: () => look(cell),
    focus: () => look(cell), click: () => cell.runs.length && go({ run: runOf(cell) }) }, text);
  Object.assign(made.dataset, { row, column });
  made.ariaLabel = `${saying(cell)}: ${text}`;
  if (isKnown(cell.value)) {
    const part = most > least ? (cell.value - least) / (most - least) : 0.5;
    const colour = from.map((value, place) => Math.round(value + (to[place] - value) * part));
    Object.assign(made.style, { background: `rgb(${colour})`, color: onto(colour) });
  }
  return made;
}

/** The run that a cell stands for: the best of its runs, or the first that failed. */
const runOf = (cell) => { const best = bestOf(cell.runs); return best === NONE ? cell.runs[0] ?? NONE : best; };
const valuesOf = (run) => DATA.names.map((name, place) => `${name} ${DATA.values[place][run]}`);
const saying = (cell) => (cell.runs.length ? valuesOf(runOf(cell)).join(", ") : word("sweep_missing"));
const cellAt = (row, column) => parts.map.querySelector(`button[data-row="${row}"][data-column="${column}"]`);

/* ------------------------------------------------------------------ words */

/** The cell that is looked at, else the run that is chosen: its parameters, its figures, and how to open it. */
function paintReadout() {
  const cell = now.cell ?? (now.run === NONE ? null : { runs: [now.run] });
  const lines = [];
  if (cell && !cell.runs.length) lines.push(h("p", {}, word("sweep_missing")));
  else if (cell) {
    const run = runOf(cell);
    const facts = [h("b", {}, `${word("run")} ${run}`), ...DATA.names.map((name, place) => h("span", {}, `${name} `, h("b", {}, DATA.values[place][run])))];
    if (cell.runs.length > 1) {
      lines.push(h("p", {}, word("sweep_mean", { count: cell.runs.length, value: `${nameOf(figure())} ${told(meanOf(cell.runs), figure())}` })));
    }
    if (DATA.errors[run]) facts.push(h("span", { className: "bad" }, word("sweep_failed", { error: DATA.errors[run] })));
    lines.push(h("p", {}, ...facts));
    if (!DATA.errors[run]) {
      lines.push(h("p", {}, ...DATA.figures.map((one, at) => h("span", {}, `${nameOf(one)} `, h("b", {}, told(valueOf(run, at), one))))));
    }
  } else lines.push(h("p", {}, word("sweep_chosen")));
  parts.readout.replaceChildren(...lines);
  parts.open.hidden = now.run === NONE;
  parts.opened.textContent = word("sweep_reopen");
  parts.code.value = `session = sweep.session(${now.run})`;
  parts.code.ariaLabel = word("sweep_reopen");
  parts.copy.textContent = word("copy");
}

function copy() {
  parts.code.select();
  // A page from a disk has no other way to the clipboard.
  if (document.execCommand("copy")) parts.copy.textContent = word("copied");
}

const tableOfRuns = () => [
  [[word("run"), "n"], ...DATA.names.map((name) => [name, "n"]), ...DATA.figures.map((one) => [nameOf(one), "n"]), ["digest"], ["error"]],
  [...Array(runs).keys()].map((run) => ({ id: run + 1, cells: [
    [`${run}`, "n"], ...DATA.names.map((_, place) => [DATA.values[place][run], isNumber(place) ? "n" : ""]),
    ...DATA.figures.map((one, at) => [told(valueOf(run, at), one), "n"]), [DATA.digests[run].slice(0, 12)], [DATA.errors[run], "bad"],
  ] })), "sweep_nothing"];
const isNumber = (place) => DATA.values[place].every((value) => value !== "" && Number.isFinite(+value));

/* ------------------------------------------------------------------ keys */

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { row, column } = document.activeElement.dataset;
  const to = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (to) cellAt(+row + to[0], +column + to[1])?.focus();
  else if (event.key === "Escape") go({ run: NONE });
  else return;
  event.preventDefault();
}

readLink(["run", "figure", "x", "y"]);
if (!(now.run < runs)) now.run = NONE;
if (!DATA.figures[now.figure]) now.figure = DATA.figure;
if (!DATA.names[now.x]) now.x = DATA.x;
if (!DATA.names[now.y] || now.y === now.x) now.y = DATA.names.length > 1 ? DATA.names.findIndex((_, place) => place !== now.x) : NONE;
build();
now.chosen = now.run + 1;
wide.addEventListener("change", paint);
paint();
