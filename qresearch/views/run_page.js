// The plots of a run: growth, drawdown, trades and holdings over one axis of days. What every page has stands before this
// text (page.js). All panes are drawn on one canvas; a day, a trade or an instrument that is chosen in one of them, or in
// the table, is seen in all.

const [INSTRUMENT, QUANTITY, ENTRY, BOUGHT, ASKED, EXIT, SOLD, LEFT, PROFIT, RETURN, FEES] = Array(11).keys();
const MOST_HELD = 12; // rows of instruments; what is lighter stands in one row
const LEFT_SIDE = 92, RIGHT_SIDE = 62, TOP = 20, GAP = 30, ROW = 20, LEAST_DAYS = 8;
const HEIGHTS = { growth: 200, drawdown: 84, trades: 150 };
const ALL = -1;

const days = DATA.labels.length;
/** The last day that a branch has a close of. */
const endOf = (place) => DATA.branches[place].start + Math.max(DATA.branches[place].equity.length - 1, 0);

const now = {
  branch: DATA.branch, symbol: ALL, chosen: 0, at: endOf(DATA.branch), from: 0, to: days - 1, tab: "trades", query: "", sort: null,
  language: DATA.language, theme: DATA.theme,
};

const percent = (value, digits = 2) => (value ?? null) === null ? "–" : `${value > 0 ? "+" : ""}${(100 * value).toFixed(digits)} %`;
const here = () => DATA.branches[now.branch];
const named = (place) => DATA.instruments[place].join(" ").trim();
const isShown = (instrument) => now.symbol === ALL || now.symbol === instrument;

/** Trades that are shown, each with its number: its place among all of the branch, from one. */
const tradesShown = () => here().trades.map((trade, place) => [place + 1, trade]).filter(([, trade]) => isShown(trade[INSTRUMENT]));

/** What was held at a close. */
const heldAt = (day) => here().held.flatMap((item) => {
  const place = item.days.indexOf(day);
  return place < 0 ? [] : [{ i: item.i, quantity: item.quantity[place], price: item.price[place], value: item.value[place],
    profit: item.profit[place], weight: item.weight[place] }];
});

/** Rows of the pane of holdings, heaviest first; the last one is the sum of all that have no row. */
function heldRows() {
  const branch = here();
  if (branch.rows) return branch.rows;
  const whole = branch.held.map((item) => ({ label: DATA.instruments[item.i][0], i: item.i, days: item.days, weight: item.weight }));
  if (whole.length <= MOST_HELD) return (branch.rows = whole);
  const rest = whole.slice(MOST_HELD - 1);
  const sums = new Map();
  for (const { days: on, weight } of rest) on.forEach((day, place) => sums.set(day, (sums.get(day) ?? 0) + (weight[place] ?? 0)));
  const others = { label: null, count: rest.length, i: null, days: [...sums.keys()], weight: [...sums.values()] };
  return (branch.rows = [...whole.slice(0, MOST_HELD - 1), others]);
}

/* ------------------------------------------------------------------ the page */

const TABS = { trades: "run_trades", positions: "positions", figures: "recording_figures" };

function build() {
  const canvas = part("canvas", "canvas", { tabIndex: 0, role: "img", mousemove: onMove, mouseleave: onLeave, mousedown: onDown,
    click: onClick, dblclick: () => go({ from: 0, to: days - 1 }), keydown: onKey });
  canvas.addEventListener("wheel", onWheel, { passive: false });
  root.append(
    h("header", {},
      heading(),
      h("div", { className: "choices" }, choice("branches", (value) => go({ branch: +value, chosen: 0, at: endOf(+value) })),
        choice("symbols", (value) => go({ symbol: +value, chosen: 0 })), ...looks())),
    part("readout", "p", { role: "status" }),
    h("div", { className: "card" }, canvas),
    tabs(),
    part("table", "div", { className: "table", role: "tabpanel" }),
    part("about", "footer"),
  );
  parts.branches.hidden = DATA.branches.length < 2;
  new ResizeObserver(draw).observe(canvas.parentNode);
}

/** Go somewhere: the only way in which anything on the page changes. */
function go(change) {
  Object.assign(now, change);
  const wide = Math.min(Math.max(now.to - now.from, Math.min(LEAST_DAYS, days) - 1), days - 1);
  now.from = Math.min(Math.max(now.from, 0), days - 1 - wide);
  now.to = now.from + wide;
  now.at = Math.min(Math.max(now.at, 0), days - 1);
  // The mouse alone changes neither the choices nor, but for the holdings of its day, the table.
  const isMove = Object.keys(change).every((name) => ["at", "from", "to"].includes(name));
  paint(!isMove);
}

function paint(all) {
  if (all) {
    dress();
    paintChoices();
  }
  if (all || now.tab === "positions") paintTable(TABLES[now.tab]());
  paintReadout();
  draw();
  const shown = { branch: now.branch, symbol: now.symbol, chosen: now.chosen, from: now.from, to: now.to, trades: tradesShown().length };
  Object.assign(root.dataset, shown, { at: DATA.labels[now.at] });
}

function paintChoices() {
  paintLooks();
  titledBy("branches", "branch");
  titledBy("symbols", "symbol");
  options(parts.branches, DATA.branches.map((branch, place) => [place, branch.name]), now.branch);
  options(parts.symbols, [[ALL, word("run_all")], ...DATA.instruments.map((_, place) => [place, named(place)])], now.symbol);
  parts.canvas.ariaLabel = word("run_canvas");
  parts.about.replaceChildren(h("p", {}, word("run_keys")), h("p", {}, word("run_about")));
}

/** The day under the mouse, and the trade that is chosen, in one line. */
function paintReadout() {
  const branch = here();
  const place = now.at - branch.start;
  const fact = (key, shown, kind = "") => h("span", {}, `${word(key)} `, h("b", { className: kind }, shown));
  const facts = [h("b", { className: "day" }, DATA.labels[now.at])];
  if (branch.equity[place] !== undefined) {
    facts.push(fact("equity", money(branch.equity[place])), fact("run_growth", percent(branch.growth[place]), tone(branch.growth[place])));
    if (branch.benchmark) facts.push(h("span", {}, `${branch.benchmark.name} `, h("b", {}, percent(branch.benchmark.growth[place]))));
    facts.push(fact("run_drawdown", percent(branch.drawdown[place])), h("span", {}, word("run_held_count", { count: heldAt(now.at).length })));
  }
  const trade = branch.trades[now.chosen - 1];
  if (trade) {
    facts.push(h("span", { className: "trade" }, `${named(trade[INSTRUMENT])}: ${count(trade[QUANTITY])}, `
      + `${DATA.labels[trade[ENTRY]]} ${price(trade[BOUGHT])} → ${DATA.labels[trade[EXIT]]} ${price(trade[SOLD])} `,
    h("b", { className: tone(trade[PROFIT]) }, `${signed(trade[PROFIT])} (${percent(trade[RETURN])})`), " ",
    word("run_orders", { entry: trade[ASKED] || "–", exit: trade[LEFT] || "–" })));
  }
  parts.readout.replaceChildren(...facts);
}

const TABLES = {
  trades: () => [
    [[word("symbol")], [word("quantity"), "n"], [word("run_entry")], [word("price"), "n"], [word("run_exit")], [word("price"), "n"],
      [word("run_held_days"), "n"], [word("profit"), "n"], [word("run_return"), "n"], [word("check_fees"), "n"]],
    tradesShown().map(([id, trade]) => ({ id, cells: [
      [named(trade[INSTRUMENT])], [count(trade[QUANTITY]), "n"], [DATA.labels[trade[ENTRY]]], [price(trade[BOUGHT]), "n"],
      [DATA.labels[trade[EXIT]]], [price(trade[SOLD]), "n"], [count(trade[EXIT] - trade[ENTRY]), "n"],
      [signed(trade[PROFIT]), `n ${tone(trade[PROFIT])}`], [percent(trade[RETURN]), `n ${tone(trade[RETURN])}`], [money(trade[FEES]), "n"],
    ] })), "run_none_closed"],
  positions: () => [
    [[word("symbol")], [word("quantity"), "n"], [word("price"), "n"], [word("market_value"), "n"], [word("weight"), "n"], [word("profit"), "n"]],
    heldAt(now.at).filter(({ i }) => isShown(i)).map(({ i, quantity, price: at, value, weight, profit }) => ({ cells: [
      [named(i)], [count(quantity), "n"], [price(at), "n"], [money(value), "n"], [percent(weight), "n"], [signed(profit), `n ${tone(profit)}`],
    ] })), "no_positions"],
  figures: () => [
    [[""], ...DATA.branches.map((branch) => [branch.name, "n"])],
    Object.keys(here().figures).map((key) => ({ cells: [[word(key)], ...DATA.branches.map(({ figures }) => [figures[key] ?? "–", "n"])] })),
    "run_no_days"],
};

/** Look at a trade: all of it is in the window, with some days around it. */
function choose(id) {
  const trade = here().trades[id - 1];
  const around = Math.max(3, Math.round(0.2 * (now.to - now.from)));
  const [from, to] = [Math.min(now.from, trade[ENTRY] - around), Math.max(now.to, trade[EXIT] + around)];
  const isIn = trade[ENTRY] >= now.from && trade[EXIT] <= now.to;
  go({ chosen: id, at: trade[EXIT], ...(isIn ? {} : { from, to }) });
}

/* ------------------------------------------------------------------ drawing */

/** Where everything is: the panes by name, and the place of a day across. */
function layout() {
  const rows = heldRows();
  const panes = {};
  let top = TOP;
  for (const [name, height] of Object.entries({ ...HEIGHTS, held: Math.max(rows.length, 1) * ROW })) {
    panes[name] = { top, bottom: top + height };
    top += height + GAP;
  }
  const width = Math.max(parts.canvas.parentNode.clientWidth - 22, 320);
  const step = (width - LEFT_SIDE - RIGHT_SIDE) / (now.to - now.from + 1);
  return { panes, rows, width, height: top, step, x: (day) => LEFT_SIDE + (day - now.from + 0.5) * step };
}

const colours = () => {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["text", "faint", "line", "main", "wait", "up", "down", "soft"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
};

/** Steps of a scale: 1, 2 or 5 times a power of ten. */
function stepsOf(low, high, most) {
  const rough = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((times) => times * power >= rough) * power;
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step / 1e6; value += step) found.push(value);
  return found;
}

function draw() {
  const at = layout();
  const canvas = parts.canvas;
  const ratio = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: Math.round(at.width * ratio), height: Math.round(at.height * ratio) });
  canvas.style.width = `${at.width}px`;
  canvas.style.height = `${at.height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  const ink = colours();
  drawDays(pen, ink, at);
  if (!here().equity.length) {
    said(pen, ink, at, at.panes.growth, word("run_no_days"));
    return;
  }
  drawGrowth(pen, ink, at);
  drawDrawdown(pen, ink, at);
  drawTrades(pen, ink, at);
  drawHeld(pen, ink, at);
  pen.strokeStyle = ink.faint;
  pen.setLineDash([3, 3]);
  line(pen, [[at.x(now.at), TOP], [at.x(now.at), at.height - GAP]]);
  pen.setLineDash([]);
}

function line(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], place) => (place ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}

function written(pen, words, x, y, colour, align = "left") {
  pen.fillStyle = colour;
  pen.textAlign = align;
  pen.fillText(words, x, y);
}

const said = (pen, ink, at, pane, words) =>
  written(pen, words, (LEFT_SIDE + at.width - RIGHT_SIDE) / 2, (pane.top + pane.bottom) / 2, ink.faint, "center");

function drawDays(pen, ink, at) {
  const most = Math.max(2, Math.floor((at.width - LEFT_SIDE - RIGHT_SIDE) / 110));
  const every = Math.max(1, Math.ceil((now.to - now.from + 1) / most));
  pen.strokeStyle = ink.line;
  for (let day = now.from + Math.floor(every / 2); day <= now.to; day += every) {
    line(pen, [[at.x(day), TOP], [at.x(day), at.height - GAP]]);
    written(pen, DATA.labels[day], at.x(day), at.height - GAP / 2, ink.faint, "center");
  }
}

/** A pane with its title and its scale; gives the place of a value. */
function scaled(pen, ink, at, pane, title, low, high, most) {
  const room = (high - low || 0.01) * 0.08;
  const [bottom, top] = [low - room, high + room];
  const y = (value) => pane.bottom - ((value - bottom) / (top - bottom)) * (pane.bottom - pane.top);
  pen.strokeStyle = ink.line;
  pen.font = "600 12px system-ui, sans-serif";
  written(pen, title, LEFT_SIDE, pane.top - 9, ink.text);
  pen.font = "12px system-ui, sans-serif";
  const steps = stepsOf(bottom, top, most);
  const digits = steps.length > 1 && steps[1] - steps[0] < 0.01 ? (steps[1] - steps[0] < 0.001 ? 2 : 1) : 0;
  for (const value of steps) {
    line(pen, [[LEFT_SIDE, y(value)], [at.width - RIGHT_SIDE, y(value)]]);
    written(pen, `${(100 * value).toFixed(digits)} %`, LEFT_SIDE - 8, y(value), ink.faint, "right");
  }
  return y;
}

/** Days in the window that a branch has closes of, with the place of each among them. */
function* closes(branch) {
  const [first, last] = [Math.max(now.from, branch.start), Math.min(now.to, branch.start + branch.equity.length - 1)];
  for (let day = first; day <= last; day += 1) yield [day, day - branch.start];
}

function drawGrowth(pen, ink, at) {
  const others = DATA.branches.filter((branch) => branch !== here());
  const lines = others.map((branch) => [branch, branch.growth, ink.faint, [2, 3], 1, branch.name]);
  if (here().benchmark) lines.push([here(), here().benchmark.growth, ink.wait, [6, 3], 1.4, here().benchmark.name]);
  lines.push([here(), here().growth, ink.main, [], 2, here().name]);
  const points = lines.map(([branch, values]) => [...closes(branch)].filter(([, place]) => (values[place] ?? null) !== null).map(([day, place]) => [day, values[place]]));
  const values = points.flat().map(([, value]) => value);
  const y = scaled(pen, ink, at, at.panes.growth, word("run_growth"), Math.min(0, ...values), Math.max(0, ...values), 5);
  let place = LEFT_SIDE + pen.measureText(word("run_growth")).width + 24;
  lines.forEach(([, , colour, dashes, width, name], number) => {
    Object.assign(pen, { strokeStyle: colour, lineWidth: width });
    pen.setLineDash(dashes);
    line(pen, points[number].map(([day, value]) => [at.x(day), y(value)]));
    line(pen, [[place, at.panes.growth.top - 9], [place + 18, at.panes.growth.top - 9]]);
    pen.setLineDash([]);
    written(pen, name, place + 23, at.panes.growth.top - 9, ink.text);
    place += pen.measureText(name).width + 44;
  });
  pen.lineWidth = 1;
}

function drawDrawdown(pen, ink, at) {
  const points = [...closes(here())].map(([day, place]) => [day, here().drawdown[place]]);
  const y = scaled(pen, ink, at, at.panes.drawdown, word("run_drawdown"), Math.min(0, ...points.map(([, value]) => value)), 0, 3);
  if (!points.length) return;
  const edge = points.map(([day, value]) => [at.x(day), y(value)]);
  pen.strokeStyle = ink.main;
  line(pen, edge);
  Object.assign(pen, { fillStyle: ink.main, globalAlpha: 0.18 });
  pen.beginPath();
  pen.moveTo(edge[0][0], y(0));
  edge.forEach(([x, high]) => pen.lineTo(x, high));
  pen.lineTo(edge.at(-1)[0], y(0));
  pen.fill();
  pen.globalAlpha = 1;
}

/** Each trade is a line from nothing on the day of its entry to its return on that of its exit. */
function drawTrades(pen, ink, at) {
  const shown = tradesShown();
  const seen = shown.filter(([, trade]) => trade[EXIT] >= now.from && trade[ENTRY] <= now.to);
  const returns = seen.map(([, trade]) => trade[RETURN] ?? 0);
  const y = scaled(pen, ink, at, at.panes.trades, word("run_trades"), Math.min(0, ...returns), Math.max(0, ...returns), 4);
  at.trades = [];
  if (!shown.length) said(pen, ink, at, at.panes.trades, word("run_none_closed"));
  within(pen, at, () => {
    for (const [id, trade] of seen) {
      const isChosen = id === now.chosen;
      const colour = trade[PROFIT] > 0 ? ink.up : trade[PROFIT] < 0 ? ink.down : ink.faint;
      Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: isChosen ? 3 : 1.2, globalAlpha: now.chosen && !isChosen ? 0.35 : 0.9 });
      const [from, to] = [[at.x(trade[ENTRY]), y(0)], [at.x(trade[EXIT]), y(trade[RETURN] ?? 0)]];
      line(pen, [from, to]);
      pen.beginPath();
      pen.arc(...to, isChosen ? 5 : 3, 0, 7);
      pen.fill();
      at.trades.push([id, from, to]);
    }
  });
  parts.canvas.trades = at.trades;
}

/** Draw inside the panes only: what begins before the first day of the window is cut there. */
function within(pen, at, drawing) {
  pen.save();
  pen.beginPath();
  pen.rect(LEFT_SIDE, 0, at.width - LEFT_SIDE - RIGHT_SIDE, at.height);
  pen.clip();
  drawing();
  pen.restore();
}

function drawHeld(pen, ink, at) {
  const { rows, panes: { held: pane } } = at;
  pen.font = "600 12px system-ui, sans-serif";
  written(pen, word("positions"), LEFT_SIDE, pane.top - 9, ink.text);
  pen.font = "12px system-ui, sans-serif";
  if (!rows.length) said(pen, ink, at, pane, word("no_positions"));
  const most = Math.max(...rows.flatMap(({ weight }) => weight.map((value) => Math.abs(value ?? 0))), 1e-9);
  rows.forEach((row, number) => {
    const base = pane.top + (number + 1) * ROW;
    const isDim = row.i === null ? now.symbol !== ALL : !isShown(row.i);
    pen.strokeStyle = ink.line;
    line(pen, [[LEFT_SIDE, base], [at.width - RIGHT_SIDE, base]]);
    written(pen, row.label ?? word("run_others", { count: row.count }), LEFT_SIDE - 8, base - ROW / 2, isDim ? ink.faint : ink.text, "right");
    Object.assign(pen, { fillStyle: ink.main, globalAlpha: isDim ? 0.25 : 0.75 });
    row.days.forEach((day, place) => {
      if (day < now.from || day > now.to) return;
      const high = Math.max(1, (Math.abs(row.weight[place] ?? 0) / most) * (ROW - 3));
      pen.fillRect(at.x(day) - at.step / 2, base - high, Math.max(at.step - (at.step > 4 ? 1 : 0), 1), high);
    });
    pen.globalAlpha = 1;
    const found = row.days.indexOf(now.at);
    if (found >= 0) written(pen, percent(row.weight[found], 1).replace("+", ""), at.width - RIGHT_SIDE + 6, base - ROW / 2, ink.text);
  });
}

/* ------------------------------------------------------------------ hands */

const hand = { x: null, from: 0, to: 0, moved: false };

function dayUnder(event) {
  const at = layout();
  return Math.round((event.offsetX - LEFT_SIDE) / at.step - 0.5 + now.from);
}

const inWindow = (day) => Math.min(Math.max(day, now.from), now.to);

function onMove(event) {
  if (hand.x !== null && event.buttons) {
    const by = Math.round((hand.x - event.offsetX) / layout().step);
    hand.moved ||= Math.abs(hand.x - event.offsetX) > 3;
    if (hand.moved) go({ from: hand.from + by, to: hand.to + by });
    return;
  }
  go({ at: inWindow(dayUnder(event)) });
}

function onLeave() { hand.x = null; }

function onDown(event) { Object.assign(hand, { x: event.offsetX, from: now.from, to: now.to, moved: false }); }

/** A trade under the mouse is chosen; so is the instrument of a row of holdings; anything else lets go. */
function onClick(event) {
  const wasDrag = hand.moved;
  Object.assign(hand, { x: null, moved: false });
  if (wasDrag) return;
  const { panes, rows } = layout();
  const [x, y] = [event.offsetX, event.offsetY];
  if (y >= panes.held.top && y <= panes.held.bottom) {
    const row = rows[Math.floor((y - panes.held.top) / ROW)];
    if (row && row.i !== null) go({ symbol: now.symbol === row.i ? ALL : row.i, chosen: 0 });
    return;
  }
  if (y < panes.trades.top - 6 || y > panes.trades.bottom + 6) return;
  const near = parts.canvas.trades.map(([id, from, to]) => [distance([x, y], from, to), id]).sort((one, two) => one[0] - two[0])[0];
  if (near && near[0] < 9) choose(near[1]);
  else go({ chosen: 0 });
}

/** Of a point from a line between two others. */
function distance([x, y], [x0, y0], [x1, y1]) {
  const along = Math.min(Math.max(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2 || 1), 0), 1);
  return Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
}

/** The day stays where it is on the screen. */
function zoom(times, around) {
  const before = now.to - now.from + 1;
  const wide = Math.max(Math.round(before * times), LEAST_DAYS);
  const from = Math.round(around + 0.5 - ((around + 0.5 - now.from) / before) * wide);
  go({ from, to: from + wide - 1 });
}

function onWheel(event) {
  event.preventDefault();
  zoom(event.deltaY > 0 ? 1.25 : 0.8, inWindow(dayUnder(event)));
}

/** The next trade in the order of the table. */
function nextTrade(way) {
  const ids = tradesShown().map(([id]) => id);
  if (!ids.length) return;
  const place = ids.indexOf(now.chosen);
  choose(ids[place < 0 ? (way > 0 ? 0 : ids.length - 1) : Math.min(Math.max(place + way, 0), ids.length - 1)]);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = (way) => {
    const at = Math.min(Math.max(now.at + way, 0), days - 1);
    const by = at < now.from ? at - now.from : at > now.to ? at - now.to : 0;
    go({ at, from: now.from + by, to: now.to + by });
  };
  const moves = {
    ArrowLeft: () => step(-1), ArrowRight: () => step(1), ArrowUp: () => nextTrade(-1), ArrowDown: () => nextTrade(1),
    "+": () => zoom(0.8, now.at), "-": () => zoom(1.25, now.at), 0: () => go({ from: 0, to: days - 1 }),
    Escape: () => go({ chosen: 0, symbol: ALL }),
  };
  if (!moves[event.key]) return;
  event.preventDefault();
  moves[event.key]();
}

readLink(["branch", "symbol", "chosen"]);
if (!DATA.branches[now.branch]) now.branch = 0;
now.at = endOf(now.branch);
if (!DATA.instruments[now.symbol]) now.symbol = ALL;
build();
wide.addEventListener("change", () => paint(true));
paint(true);
