// A recording: the page that plays a session again. Before this text stand what every page has (page.js) and the chart
// of the workbench (`liveChart`).

const FIELDS_OF_BARS = ["open", "high", "low", "close", "volume"];
const [STATUS, QUANTITY, FILLED, LEAVES, AVERAGE, FEES, TERMS, REASON, WHY, ENDED, CANCELED, STOP, LIMIT] = Array(13).keys();
const text = (place) => DATA.texts[place][LANGUAGES.indexOf(now.language)];
const VERDICTS = { passed: "✓", failed: "✗", noted: "·", "not reached": "–" };

const now = {
  branch: DATA.branch, moment: DATA.moment, symbol: 0, order: 0, chosen: 0, tab: "orders", query: "", sort: null, playing: 0,
  language: DATA.language, theme: DATA.theme,
};

/* ------------------------------------------------------------------ what was recorded */

/** All moments of a branch, those that it shares with its parent first. */
function momentsOf(place) {
  const branch = DATA.branches[place];
  branch.all ??= branch.parent < 0 ? branch.moments : [...momentsOf(branch.parent).slice(0, branch.fork), ...branch.moments];
  return branch.all;
}

/** What does not change about an order; what a branch does not know it shares with its parent. */
function factsOf(place, order) {
  const branch = DATA.branches[place];
  return branch.orders[order] ?? (branch.parent < 0 ? null : factsOf(branch.parent, order));
}

/** Orders, fills and holdings as they stood at the present moment. */
function present() {
  const [orders, held, fills] = [new Map(), new Map(), []];
  for (const moment of momentsOf(now.branch).slice(0, now.moment + 1)) {
    for (const [id, ...row] of moment.orders ?? []) orders.set(id, row);
    for (const [symbol, ...row] of moment.held ?? []) row.length ? held.set(symbol, row) : held.delete(symbol);
    fills.push(...(moment.fills ?? []));
  }
  const moment = momentsOf(now.branch)[now.moment];
  const [cash, available, value, equity, profit] = moment.money;
  return { moment, orders, held, fills, cash, available, value, equity, profit };
}

function momentText([day, phase, time]) {
  return [day || "–", word(`phase_${phase}`), time].filter(Boolean).join(" ");
}

const isUntil = ([day, phase, time], [today, here, hour]) =>
  day < today || (day === today && (phase < here || (phase === here && (time || "") <= (hour || "~"))));

/** The chart as the workbench would show it at the present moment. */
function chartAt(state) {
  const item = DATA.instruments[now.symbol];
  const { stop, begun } = state.moment;
  const rows = [];
  for (let row = 0; row < stop; row += 1) if (item.close[row] !== null) rows.push(row);
  const isOpen = begun === 2 && item.open[stop] !== null && item.open[stop] !== undefined;
  if (begun && (isOpen || (DATA.days && typeof item.limit_up[stop] === "number"))) rows.push(stop);
  const place = new Map(rows.map((row, bar) => [row, bar]));
  const chart = { symbol: item.symbol, title: `${item.symbol} ${item.name}`.trim(), tick: item.tick, seq: now.moment };
  chart.labels = rows.map((row) => DATA.labels[row]);
  for (const name of FIELDS_OF_BARS) {
    const hidden = (row) => row >= stop && !(name === "open" && begun === 2);
    chart[name] = rows.map((row) => (hidden(row) ? null : item[name][row]));
  }
  const row = Math.min(stop, item.limit_up.length - 1);
  chart.limits = [item.limit_down[row], item.limit_up[row]];
  Object.assign(chart, accountAt(state, rows), marksAt(state, place));
  return chart;
}

/** Equity and drawdown at the last bar of each day, as of its close. */
function accountAt({ moment }, rows) {
  const known = new Map();
  let peak = DATA.starting;
  const ends = new Set(DATA.ends);
  for (const [row, equity] of DATA.branches[now.branch].equity) {
    // The equity of a close stands at the last bar of the day, which is whole by then.
    if (row >= moment.stop || (!DATA.days && !isOver(row, moment))) break;
    peak = Math.max(peak, equity);
    known.set(row, [equity, peak > 0 ? (equity - peak) / peak : 0]);
  }
  const pick = (part) => rows.map((row) => (ends.has(row) && known.has(row) ? known.get(row)[part] : null));
  return { equity: pick(0), drawdown: pick(1) };
}

const isOver = (row, { at: [day, phase] }) => DATA.labels[row].slice(0, 10) < day || phase >= 3;

function marksAt({ orders, held, fills }, place) {
  const [marks, lines] = [[], []];
  const mark = (row, at, kind, side, id, quantity) => {
    if (place.has(row)) marks.push({ bar: place.get(row), price: at, kind, side, order_id: id, quantity });
  };
  const ends = { REJECTED: "rejected", CANCELED: "canceled", EXPIRED: "expired" };
  for (const [id, row] of orders) {
    const facts = factsOf(now.branch, id);
    if (facts.i !== now.symbol) continue;
    const waits = row[ENDED] === null;
    mark(facts.row, null, row[FILLED] || !waits ? "placed" : "waiting", facts.side, id, row[QUANTITY]);
    if (ends[row[STATUS]]) mark(row[ENDED], null, ends[row[STATUS]], facts.side, id, row[CANCELED]);
    if (row[STOP] !== null) lines.push({ kind: "stop", price: row[STOP], side: facts.side, order_id: id });
    if (row[LIMIT] !== null) lines.push({ kind: "limit", price: row[LIMIT], side: facts.side, order_id: id });
  }
  for (const [id, , , row, quantity, at] of fills) {
    if (factsOf(now.branch, id).i !== now.symbol) continue;
    const [part, kind] = [orders.get(id)[ENDED] === null ? "partly " : "", quantity > 0 ? "bought" : "sold"];
    mark(row, at, part + kind, quantity > 0 ? "buy" : "sell", id, Math.abs(quantity));
  }
  const position = held.get(DATA.instruments[now.symbol].symbol);
  if (position) lines.push({ kind: "cost", price: position[3], side: "", order_id: 0 });
  return { marks, lines };
}

/* ------------------------------------------------------------------ the page */

function build() {
  root.append(
    h("header", {},
      heading(), part("when", "p", { role: "status" }),
      h("div", { className: "choices" },
        choice("branches", (value) => go({ branch: +value, moment: Math.min(now.moment, momentsOf(+value).length - 1) })),
        choice("symbols", (value) => go({ symbol: +value })), ...looks())),
    h("nav", {},
      button("first", "▏◀", () => go({ moment: 0 })), button("back", "◀", () => go({ moment: now.moment - 1 })),
      button("play", "", play), button("on", "▶", () => go({ moment: now.moment + 1 })),
      button("next", "▶●", () => go({ moment: nextOrder() })),
      button("last", "▶▏", () => go({ moment: Infinity })),
      part("slider", "input", { type: "range", min: 0, input: () => go({ moment: +parts.slider.value }) })),
    part("facts", "dl"),
    h("main", {},
      h("section", { className: "left" }, part("chart", "div", { className: "card" }),
        tabs(),
        part("table", "div", { className: "table", role: "tabpanel" })),
      h("section", { className: "right" }, part("why", "div", { className: "card" }), part("source", "div", { className: "card" }))),
    part("about", "footer"),
  );
  if (DATA.branches.length < 2) parts.branches.hidden = true;
}

/** Go somewhere: the only way in which anything on the page changes. */
function go(change) {
  const at = [now.symbol, now.branch, now.order, now.theme, now.language].join();
  Object.assign(now, change);
  const last = momentsOf(now.branch).length - 1;
  now.moment = Math.min(Math.max(now.moment, 0), last);
  if (now.moment === last) stop();
  paint(at !== [now.symbol, now.branch, now.order, now.theme, now.language].join());
}

function paint(all) {
  const state = present();
  const last = momentsOf(now.branch).length - 1;
  dress();
  if (all) paintChoices();
  parts.when.textContent = `${momentText(state.moment.at)} · ${now.moment + 1} / ${last + 1}`;
  Object.assign(parts.slider, { max: last, value: now.moment, ariaValueText: momentText(state.moment.at) });
  for (const name of ["first", "back"]) parts[name].disabled = now.moment === 0;
  for (const name of ["on", "last", "play"]) parts[name].disabled = now.moment === last;
  parts.next.disabled = nextOrder() === now.moment;
  parts.play.textContent = now.playing ? `❚❚ ${word("pause")}` : `▶ ${word("play")}`;
  parts.facts.replaceChildren(...["cash", "available", "value", "equity", "profit"].map((name) =>
    h("div", {}, h("dt", {}, word(name === "value" ? "market_value" : name)),
      h("dd", { id: `fact-${name}`, className: name === "profit" ? tone(state.profit) : "" },
        name === "profit" ? signed(state.profit) : money(state[name])))));
  model.set("chart", chartAt(state));
  paintTable(TABLES[now.tab](state));
  paintWhy(state);
  Object.assign(root.dataset, { moment: now.moment, branch: now.branch, order: now.order, day: state.moment.at[0] });
}

function paintChoices() {
  paintLooks();
  for (const name of ["first", "back", "on", "last", "next", "slider"]) titledBy(name, `recording_${name}`);
  titledBy("branches", "branch");
  titledBy("symbols", "symbol");
  options(parts.branches, DATA.branches.map((branch, place) => [place, branch.name]), now.branch);
  options(parts.symbols, DATA.instruments.map((item, place) => [place, `${item.symbol} ${item.name}`]), now.symbol);
  parts.about.replaceChildren(h("p", {}, word("recording_about")), h("p", {}, word("recording_keys")));
  model.set("look", {
    theme: isDark() ? "dark" : "light", red_up: DATA.red_up, height: 420, picks: "bar", words: DATA.chart[now.language],
    marks: DATA.marks,
  });
}

/* ------------------------------------------------------------------ tables */

const TABS = { orders: "orders", fills: "fills", positions: "positions", figures: "recording_figures" };

const TABLES = {
  orders: ({ orders }) => [
    [[word("order"), "n"], [word("state")], [word("reason")], [word("symbol")], [word("side")], [word("quantity"), "n"],
      [word("filled"), "n"], [word("price"), "n"], [word("terms")], [word("placed")]],
    [...orders].reverse().map(([id, row]) => {
      const { i, side, placed, tag } = factsOf(now.branch, id);
      const key = row[STATUS] === "WORKING" && row[FILLED] ? "PARTLY" : row[STATUS];
      return { id, cells: [
        [`${id}`, "n"], [`${DATA.shapes[key]} ${word(key)}`, `state ${key}`], [row[REASON]], [named(i)], [word(`a_${side}`), side],
        [count(row[QUANTITY]), "n"], [count(row[FILLED]), "n"], [price(row[AVERAGE]), "n"],
        [[text(row[TERMS]), tag].filter(Boolean).join(" · ")], [momentsOf(now.branch)[placed].at[0] || "–"],
      ] };
    }), "no_orders"],
  fills: ({ fills }) => [
    [[word("day")], [word("phase")], [word("order"), "n"], [word("symbol")], [word("side")], [word("quantity"), "n"],
      [word("price"), "n"], [word("notional"), "n"], [word("check_fees"), "n"]],
    fills.toReversed().map(([id, day, phase, , quantity, at, value, fees]) => {
      const side = quantity > 0 ? "buy" : "sell";
      return { id, cells: [
        [day], [word(`phase_${phase}`)], [`${id}`, "n"], [named(factsOf(now.branch, id).i)], [word(`a_${side}`), side],
        [count(Math.abs(quantity)), "n"], [price(at), "n"], [money(value), "n"], [money(fees), "n"],
      ] };
    }), "no_fills"],
  positions: ({ held }) => [
    [[word("symbol")], ...DATA.holding.map((key) => [word(key), "n"]), [word("average_cost"), "n"],
      [word("price"), "n"], [word("market_value"), "n"], [word("profit"), "n"]],
    [...held].map(([symbol, [units, closable, beside, cost, at, value, profit]]) => ({ cells: [
      [named(DATA.instruments.findIndex((item) => item.symbol === symbol))], [count(units), "n"], [count(closable), "n"],
      [count(beside), "n"], [price(cost), "n"], [price(at), "n"], [money(value), "n"], [signed(profit), `n ${tone(profit)}`],
    ] })), "no_positions"],
  figures: () => [
    [[""], ...DATA.branches.map((branch) => [branch.name, "n"])],
    Object.keys(DATA.figures[0]).map((key) => ({ cells: [[word(key)], ...DATA.figures.map((own) => [own[key], "n"])] })),
    "no_orders"],
};

/** Code and name of an instrument, of which the code must be seen. */
const named = (place) => h("span", { className: "named", title: nameOf(place) }, DATA.instruments[place].symbol,
  h("small", {}, ` ${DATA.instruments[place].name}`));
const nameOf = (place) => `${DATA.instruments[place].symbol} ${DATA.instruments[place].name}`.trim();

/** Look at an order: its explanation, its line, and the chart of its instrument. */
function choose(id) {
  const facts = factsOf(now.branch, id);
  go({ order: id, chosen: id, symbol: facts ? facts.i : now.symbol });
}

function paintWhy(state) {
  const facts = now.order ? factsOf(now.branch, now.order) : null;
  const row = state.orders.get(now.order);
  if (!facts || !row) {
    parts.why.replaceChildren(h("h2", {}, word("recording_why")),
      h("p", { className: "empty" }, word(facts ? "order_ahead" : "choose_order", { order: now.order })));
  } else {
    const found = facts.why.filter((finding) => isUntil(finding, state.moment.at));
    const lines = found.map(([day, phase, time, verdict, check, said], place) => {
      const same = place && found[place - 1].slice(0, 3).join() === [day, phase, time].join();
      return h("tr", {}, h("td", { className: "when" }, same ? "" : momentText([day, phase, time])),
        h("td", { className: `verdict ${verdict.replace(" ", "-")}` }, VERDICTS[verdict]), h("td", {}, h("b", {}, text(check)), " ", text(said)));
    });
    const advice = found.length === facts.why.length ? text(facts.advice) : "";
    const button = h("button", { type: "button", click: () => go({ moment: facts.placed }) }, word("recording_placed"));
    parts.why.replaceChildren(
      h("h2", {}, word("order_title", { order: now.order, side: word(`a_${facts.side}`), symbol: nameOf(facts.i) }), " ",
        h("span", { className: `state ${row[STATUS]}` }, `${DATA.shapes[row[STATUS]]} ${word(row[STATUS])}`)),
      h("p", {}, h("code", {}, facts.asked), " ", button), h("p", {}, row[WHY] ? text(row[WHY]) : ""),
      h("table", { className: "findings" }, h("tbody", {}, ...lines)),
      h("p", {}, advice ? h("b", {}, word("told_of", { what: word("what_to_do"), told: "" })) : "", advice));
  }
  paintSource(facts && row ? facts.line : null);
}

function paintSource(line) {
  parts.source.hidden = !DATA.sources.length;
  if (parts.source.hidden) return;
  const key = `${line}${now.language}`;
  if (parts.source.dataset.key === key) return;
  parts.source.dataset.key = key;
  const blocks = DATA.sources.map(({ name, first, text: code }, place) =>
    h("pre", { title: name }, ...code.split("\n").map((written, row) => {
      const marked = line && line[0] === place && line[1] === first + row;
      return h("span", { className: marked ? "line marked" : "line", value: first + row }, h("i", {}, `${first + row}`), `${written}\n`);
    })));
  const told = line ? h("p", {}, word("recording_line", { order: now.order, line: line[1] })) : "";
  parts.source.replaceChildren(h("h2", {}, `${word("recording_source")} ${DATA.strategy}`), told, ...blocks);
  const marked = parts.source.querySelector(".marked");
  if (marked) marked.parentNode.scrollTop = marked.offsetTop - marked.parentNode.offsetTop - 90;
}

/* ------------------------------------------------------------------ time */

/** The next moment at which something happened to an order; the present one when there is none. */
function nextOrder() {
  const found = momentsOf(now.branch).findIndex(({ orders, fills }, place) => place > now.moment && (orders || fills));
  return found < 0 ? now.moment : found;
}

function stop() {
  clearInterval(now.playing);
  now.playing = 0;
}

function play() {
  if (now.playing) stop();
  else now.playing = setInterval(() => go({ moment: now.moment + 1 }), 250);
  paint(false);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA|CANVAS)$/.test(event.target.tagName)) return;
  const moves = {
    ArrowLeft: () => go({ moment: now.moment - 1 }), ArrowRight: () => go({ moment: now.moment + 1 }),
    Home: () => go({ moment: 0 }), End: () => go({ moment: Infinity }), " ": play,
  };
  if (!moves[event.key] || (event.key === " " && event.target.tagName === "BUTTON")) return;
  event.preventDefault();
  moves[event.key]();
}

/** What the chart takes for its model: two values, and who wants to know of them. */
const model = {
  values: {}, listeners: {},
  get(name) { return this.values[name]; },
  set(name, value) {
    this.values[name] = value;
    (this.listeners[`change:${name}`] ?? []).forEach((call) => call());
  },
  on(name, call) { (this.listeners[name] ??= []).push(call); },
  off() {},
  /** A bar was clicked: go to the last moment of its day. */
  send(message) {
    if (message.kind !== "bar") return;
    const found = momentsOf(now.branch).findLastIndex(({ at: [day] }) => day && day <= message.label.slice(0, 10));
    go({ moment: Math.max(found, 0) });
  },
};

build();
model.set("chart", chartAt(present()));
paintChoices();
const widget = liveChart();
widget.initialize({ model });
widget.render({ model, el: parts.chart });
wide.addEventListener("change", () => paint(true));
document.addEventListener("keydown", onKey);
readLink(["moment", "order", "branch", "symbol"]);
if (!DATA.branches[now.branch]) now.branch = 0;
if (now.order) choose(now.order);
if (!DATA.instruments[now.symbol]) now.symbol = 0;
go({});
paint(true);
