// The live chart: candles, volume, equity and drawdown on a canvas. Plain JavaScript, nothing is loaded from anywhere.
//
// The kernel sends the whole chart once (trait `chart`) and then only what changed (custom messages, numbered).
// What is done on the canvas goes back: {kind: "price", price, side} to trade at, {kind: "bar", label} to go there,
// {kind: "move", order, line, price} for the line of an order that was dragged. `look.picks` is "bar" where a click only
// goes to a bar (a recording), and "nothing" where the chart is looked at alone (practice).

const PALETTES = {
  light: {
    ground: "#ffffff", text: "#1f2937", faint: "#667085", grid: "#eceef2", line: "#cfd4dc", main: "#1d4ed8",
    other: "#d97706", bad: "#c2410c", red: "#c62828", green: "#1b7f4b", tag: "#1f2937", onTag: "#ffffff",
    won: "#15803d", lost: "#b91c1c", beside: "#7c3aed", studies: ["#0e7490", "#b45309", "#be185d", "#64748b", "#4d7c0f"],
  },
  dark: {
    ground: "#161d2b", text: "#e7ebf2", faint: "#9aa6b8", grid: "#232d3f", line: "#3a465b", main: "#60a5fa",
    other: "#fbbf24", bad: "#fb923c", red: "#ef5350", green: "#34c77b", tag: "#e7ebf2", onTag: "#0f1520",
    won: "#4ade80", lost: "#ff8095", beside: "#c4a5ff", studies: ["#22d3ee", "#fbbf24", "#f472b6", "#94a3b8", "#a3e635"],
  },
};
const FIELDS = ["labels", "open", "high", "low", "close", "volume", "equity", "drawdown", "beside"];
const RIGHT = 74; // room for the axis of prices, CSS pixels
const TAG = 16; // height of what a price stands on
const BOTTOM = 20;
const TOP = 24;
const FEWEST = 8; // bars in view
const TWICE = 280; // milliseconds within which a second click is a double click
const USUAL = 6; // width of a bar before anybody zooms, CSS pixels
const SHARES = [0.58, 0.13, 0.16, 0.13]; // of the height: prices, volume, equity, drawdown
const WITHOUT = [0.82, 0.18, 0, 0]; // before two days are over there is no account to draw

/* ------------------------------------------------------------------ data */

/** Keep the chart of a model up to date, whoever looks at it. */
function follow(model, store) {
  store.chart = model.get("chart");
  const tell = (whole) => store.listeners.forEach((listener) => listener(whole));
  const onChart = () => {
    store.chart = model.get("chart");
    tell(true);
  };
  const onMessage = (message) => {
    if (message.kind !== "update") return;
    if (message.seq !== store.chart.seq + 1) {
      model.send({ kind: "hello", seq: -1 });
      return;
    }
    const chart = { ...store.chart, ...message.facts, seq: message.seq };
    for (const name of FIELDS) {
      chart[name] = (store.chart[name] ?? []).slice(0, message.keep).concat(message.tail[name] ?? []);
    }
    store.chart = chart;
    tell(false);
  };
  model.on("change:chart", onChart);
  model.on("msg:custom", onMessage);
  // What was created before this page was loaded may be old by now.
  model.send({ kind: "hello", seq: store.chart.seq });
  return () => {
    model.off("change:chart", onChart);
    model.off("msg:custom", onMessage);
  };
}

/* ------------------------------------------------------------------ small parts */

const isKnown = (value) => value !== null && value !== undefined;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

const FORMATS = new Map(); // by digits: to make one takes longer than a hundred numbers

/** A number with thousands and some digits. */
function written(value, digits) {
  if (!FORMATS.has(digits)) {
    const range = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    FORMATS.set(digits, new Intl.NumberFormat("en-US", range));
  }
  return FORMATS.get(digits).format(value);
}

function priceText(value, tick) {
  if (!isKnown(value)) return "–";
  return written(value, tick > 0 ? Math.max(2, Math.round(-Math.log10(tick))) : 2);
}

function countText(value) {
  if (!isKnown(value)) return "–";
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (Math.abs(value) >= size) return `${+(value / size).toPrecision(3)}${letter}`;
  }
  return `${+value.toPrecision(3)}`;
}

const moneyText = (value) => (isKnown(value) ? written(value, 0) : "–");
const percentText = (value) => (isKnown(value) ? `${(value * 100).toFixed(2)}%` : "–");

/** Round numbers at which to draw a grid. */
function ticks(low, high, most) {
  const raw = (high - low) / Math.max(most, 1);
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((part) => part * power).find((size) => size >= raw * 0.999);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) found.push(value);
  return found;
}

function extent(lists, from, to) {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists) {
    for (let i = from; i < to; i += 1) {
      const value = list[i];
      if (!isKnown(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : null;
}

/* ------------------------------------------------------------------ studies: lines over the prices */

const STUDY = ["ma5", "ma20", "ma60", "bands", "channel"];

/** Over the last bars: call with the window of each bar, null before there are enough. */
function rolling(list, size, call) {
  return list.map((_, bar) => {
    if (bar + 1 < size) return null;
    const part = list.slice(bar + 1 - size, bar + 1);
    return part.every(isKnown) ? call(part) : null;
  });
}

const mean = (part) => part.reduce((sum, value) => sum + value, 0) / part.length;

/** The lines of a study, as lists as long as the bars. */
function linesOf(name, chart) {
  if (name.startsWith("ma")) return [rolling(chart.close, Number(name.slice(2)), mean)];
  if (name === "channel") {
    return [rolling(chart.high, 20, (part) => Math.max(...part)), rolling(chart.low, 20, (part) => Math.min(...part))];
  }
  const width = (part) => 2 * Math.sqrt(mean(part.map((value) => (value - mean(part)) ** 2)));
  return [0, 1, -1].map((side) => rolling(chart.close, 20, (part) => mean(part) + side * width(part)));
}

/* ------------------------------------------------------------------ marks: each kind has a shape of its own */

function triangle(ctx, x, y, size, up) {
  const tip = up ? -size : size;
  ctx.beginPath();
  ctx.moveTo(x, y + tip);
  ctx.lineTo(x - size, y - tip);
  ctx.lineTo(x + size, y - tip);
  ctx.closePath();
}

const SHAPES = {
  placed(ctx, x, y, colours) {
    ctx.fillStyle = colours.faint;
    ctx.beginPath();
    ctx.arc(x, y, 2, 0, 7);
    ctx.fill();
  },
  waiting(ctx, x, y, colours) {
    ctx.strokeStyle = colours.other;
    ctx.beginPath();
    ctx.arc(x, y, 4, 0, 7);
    ctx.stroke();
  },
  fill(ctx, x, y, colours, mark) {
    ctx.fillStyle = mark.side === "buy" ? colours.main : colours.other;
    ctx.strokeStyle = colours.ground;
    triangle(ctx, x, y, 5.5, mark.side === "buy");
    ctx.fill();
    ctx.lineWidth = 1;
    ctx.stroke();
  },
  partly(ctx, x, y, colours, mark) {
    const colour = mark.side === "buy" ? colours.main : colours.other;
    ctx.save();
    triangle(ctx, x, y, 5.5, mark.side === "buy");
    ctx.fillStyle = colours.ground;
    ctx.fill();
    ctx.strokeStyle = colour;
    ctx.stroke();
    ctx.clip();
    ctx.fillStyle = colour;
    ctx.fillRect(x - 8, y - 8, 8, 16);
    ctx.restore();
  },
  canceled(ctx, x, y, colours) {
    ctx.strokeStyle = colours.faint;
    ctx.beginPath();
    ctx.moveTo(x, y - 4.5);
    ctx.lineTo(x + 4.5, y);
    ctx.lineTo(x, y + 4.5);
    ctx.lineTo(x - 4.5, y);
    ctx.closePath();
    ctx.stroke();
  },
  expired(ctx, x, y, colours) {
    ctx.strokeStyle = colours.faint;
    ctx.strokeRect(x - 3.5, y - 3.5, 7, 7);
  },
  rejected(ctx, x, y, colours) {
    ctx.strokeStyle = colours.bad;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(x - 4, y - 4);
    ctx.lineTo(x + 4, y + 4);
    ctx.moveTo(x + 4, y - 4);
    ctx.lineTo(x - 4, y + 4);
    ctx.stroke();
  },
};

function shapeOf(kind) {
  if (kind === "bought" || kind === "sold") return SHAPES.fill;
  if (kind.startsWith("partly")) return SHAPES.partly;
  return SHAPES[kind];
}

/* ------------------------------------------------------------------ one view */

class View {
  constructor(model, el, store) {
    this.model = model;
    this.store = store;
    this.undo = [];
    this.cross = null; // {bar, y}: where the crosshair stands
    this.drag = null;
    this.frame = 0;
    this.build(el);
    this.reset();
    this.listen();
    this.resize();
  }

  get chart() {
    return this.store.chart;
  }

  get look() {
    return this.model.get("look");
  }

  get colours() {
    return PALETTES[this.theme];
  }

  /** By itself it is as the page around it, which its style sheet finds out: asked once for each picture. */
  see() {
    const { theme } = this.look;
    const isDark = theme === "auto" ? getComputedStyle(this.root).colorScheme.includes("dark") : theme === "dark";
    this.theme = isDark ? "dark" : "light";
  }

  word(key) {
    return this.look.words[key] || key;
  }

  build(el) {
    const make = (name, kind, parent) => {
      const made = document.createElement(name);
      made.className = kind;
      parent.append(made);
      return made;
    };
    this.root = make("div", "qr-live-chart", el);
    const grows = { display: "flex", flexDirection: "column", flex: "1 1 auto" };
    Object.assign(this.root.style, { width: "100%", position: "relative", boxSizing: "border-box" }, grows);
    this.readout = make("div", "qr-live-readout", this.root);
    this.readout.setAttribute("role", "status");
    this.readout.setAttribute("aria-live", "polite");
    Object.assign(this.readout.style, {
      font: "12px/18px system-ui, sans-serif", minHeight: "18px", padding: "2px 4px",
      overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "pre", fontVariantNumeric: "tabular-nums",
    });
    // The canvas takes the height that its surroundings leave, and never less than its own.
    this.holder = make("div", "qr-live-holder", this.root);
    Object.assign(this.holder.style, {
      position: "relative", flex: "1 1 auto", minHeight: `${this.look.height}px`,
    });
    this.canvas = make("canvas", "qr-live-canvas", this.holder);
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    Object.assign(this.canvas.style, {
      width: "100%", height: "100%", display: "block", position: "absolute", inset: "0", cursor: "crosshair",
      touchAction: "pan-y", outlineOffset: "-2px",
    });
    this.ctx = this.canvas.getContext("2d");
    // Where a price was picked: to buy or to sell at it.
    this.menu = make("div", "qr-live-menu", this.holder);
    this.menu.hidden = true;
    Object.assign(this.menu.style, { position: "absolute", display: "none", gap: "4px", zIndex: 2 });
    for (const side of ["buy", "sell"]) {
      const button = make("button", `qr-live-${side}`, this.menu);
      button.type = "button";
      Object.assign(button.style, { font: "12px system-ui, sans-serif", padding: "3px 8px", borderRadius: "5px", cursor: "pointer" });
      button.addEventListener("click", () => {
        this.model.send({ kind: "price", price: this.menu.price, side });
        this.offer(null);
      });
    }
  }

  /** Offer to buy and to sell at a price, beside where it was picked. */
  offer(price, x, y) {
    const { menu } = this;
    menu.hidden = price === null;
    menu.style.display = price === null ? "none" : "flex";
    if (price === null) return;
    menu.price = price;
    for (const button of menu.children) {
      const side = button.className.endsWith("buy") ? "buy" : "sell";
      button.textContent = `${this.word(side)} ${this.word("at")} ${priceText(price, this.chart.tick)}`;
      const up = side === "buy" === Boolean(this.look.red_up) ? this.colours.red : this.colours.green;
      Object.assign(button.style, { color: this.colours.text, background: this.colours.ground, border: `1.5px solid ${up}` });
    }
    menu.style.left = `${clamp(x + 8, 0, Math.max(this.plot - menu.offsetWidth - 4, 0))}px`;
    menu.style.top = `${clamp(y + 8, TOP, this.panes[0][1] - 30)}px`;
  }

  on(target, name, call, options) {
    target.addEventListener(name, call, options);
    this.undo.push(() => target.removeEventListener(name, call, options));
  }

  listen() {
    const { canvas } = this;
    this.on(canvas, "wheel", (event) => this.onWheel(event), { passive: false });
    this.on(canvas, "pointerdown", (event) => this.onDown(event));
    this.on(canvas, "pointermove", (event) => this.onMove(event));
    this.on(canvas, "pointerup", (event) => this.onUp(event));
    this.on(canvas, "pointercancel", () => { this.drag = null; });
    this.on(canvas, "pointerleave", () => { if (!this.drag) this.point(null); });
    this.on(canvas, "dblclick", () => {
      clearTimeout(this.going);
      this.offer(null);
      this.reset();
    });
    // JupyterLab has keys of its own: those that mean something here stay here.
    this.on(canvas, "keydown", (event) => this.onKey(event));
    const resized = new ResizeObserver(() => this.resize());
    resized.observe(this.holder);
    this.undo.push(() => resized.disconnect());
    this.watchScale();
    this.watchTheme();
    const onStore = (whole) => this.onStore(whole);
    this.store.listeners.add(onStore);
    this.undo.push(() => this.store.listeners.delete(onStore));
    const onLook = () => this.resize();
    this.model.on("change:look", onLook);
    this.undo.push(() => this.model.off("change:look", onLook));
  }

  /** Moving the window to another screen changes the number of pixels. */
  watchScale() {
    let media = null;
    const onScale = () => {
      this.resize();
      watch();
    };
    const watch = () => {
      media?.removeEventListener("change", onScale);
      media = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
      media.addEventListener("change", onScale);
    };
    watch();
    this.undo.push(() => media.removeEventListener("change", onScale));
  }

  /** A page that turns dark or light is drawn again. */
  watchTheme() {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const changed = new MutationObserver(() => this.draw());
    for (const node of [document.documentElement, document.body]) {
      changed.observe(node, { attributes: true, attributeFilter: ["class", "data-jp-theme-light", "data-vscode-theme-kind"] });
    }
    const onSystem = () => this.draw();
    system.addEventListener("change", onSystem);
    this.undo.push(() => changed.disconnect(), () => system.removeEventListener("change", onSystem));
  }

  close() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.going);
    this.undo.forEach((call) => call());
    this.undo = [];
    this.root.remove();
  }

  /* ---------------------------------------------------------------- what is in view */

  get count() {
    return this.chart.labels.length;
  }

  /** The usual bars, the last one at the right. */
  reset() {
    this.isChosen = false;
    this.fill();
    this.draw();
  }

  fill() {
    // The width that it was last told: to ask for it while messages arrive would have the page laid out for each.
    this.bars = clamp(this.count, FEWEST, Math.max(((this.width ?? 0) - RIGHT) / USUAL, 40));
    this.first = this.count - this.bars;
  }

  get follows() {
    return this.first + this.bars >= this.seen - 0.5;
  }

  onStore(whole) {
    const other = this.symbol !== this.chart.symbol;
    if (whole && other) {
      this.cross = null;
      this.reset();
      return;
    }
    if (!this.isChosen && this.count > this.seen) this.fill();
    if (this.follows || this.first >= this.count) this.first = this.count - this.bars;
    if (this.cross && this.cross.bar >= this.count) this.cross = null;
    this.draw();
  }

  settle() {
    this.bars = clamp(this.bars, FEWEST, Math.max(this.count, FEWEST));
    // A part of the view may be empty, but never all of it.
    this.first = clamp(this.first, -this.bars * 0.5, this.count - this.bars * 0.25);
    this.draw();
  }

  zoom(factor, at) {
    this.isChosen = true;
    const bars = clamp(this.bars * factor, FEWEST, Math.max(this.count, FEWEST));
    this.first += (this.bars - bars) * at;
    // Zooming out brings bars into view, never an empty part.
    if (factor > 1) this.first = clamp(this.first, 0, Math.max(this.count - bars, 0));
    this.bars = bars;
    this.settle();
  }

  /* ---------------------------------------------------------------- mouse and keys */

  onWheel(event) {
    event.preventDefault();
    event.stopPropagation();
    const { x } = this.place(event);
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.first += (event.deltaX / this.plot) * this.bars;
      this.settle();
      return;
    }
    this.zoom(1.0015 ** clamp(event.deltaY, -400, 400), clamp(x / this.plot, 0, 1));
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  onDown(event) {
    if (event.button !== 0) return;
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    const place = this.place(event);
    this.offer(null);
    this.drag = { ...place, first: this.first, moved: false, line: this.lineAt(place) };
  }

  /** The line of an order at a point, if one is near enough to be taken. */
  lineAt({ x, y }) {
    if (this.look.picks || x > this.plot) return null;
    const near = this.chart.lines.filter((line) => line.order_id && Math.abs(this.toY(line.price) - y) <= 4);
    return near.sort((one, two) => Math.abs(this.toY(one.price) - y) - Math.abs(this.toY(two.price) - y))[0] ?? null;
  }

  onMove(event) {
    const { x, y } = this.place(event);
    if (this.drag) {
      const shift = x - this.drag.x;
      if (Math.hypot(shift, y - this.drag.y) > 4) this.drag.moved = true;
      if (this.drag.moved && this.drag.line) {
        const [top, bottom] = this.panes[0];
        this.drag.price = this.rounded(this.toPrice(clamp(y, top, bottom)));
        this.draw();
        return;
      }
      if (this.drag.moved) {
        this.canvas.style.cursor = "grabbing";
        this.first = this.drag.first - (shift / this.plot) * this.bars;
        this.settle();
        return;
      }
    }
    this.canvas.style.cursor = this.lineAt({ x, y }) ? "ns-resize" : "crosshair";
    this.point(x <= this.plot && this.count ? { bar: this.barAt(x), y } : null);
  }

  onUp(event) {
    const { drag } = this;
    this.drag = null;
    this.canvas.style.cursor = "crosshair";
    if (drag?.line && drag.moved) {
      const { line, price } = drag;
      this.draw();
      if (isKnown(price) && price !== line.price) {
        this.model.send({ kind: "move", order: line.order_id, line: line.kind, price });
        this.say(`#${line.order_id} ${this.word("moved_to")} ${priceText(price, this.chart.tick)}`);
      }
      return;
    }
    if (!drag || drag.moved) return;
    const { x, y } = this.place(event);
    this.pick(y, x > this.plot ? this.count - 1 : this.barAt(x));
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [top, bottom] = this.panes[0];
    const from = this.cross || { bar: this.count - 1, y: this.toY(this.lastPrice()) };
    const step = event.shiftKey ? 10 : 1;
    const moves = {
      ArrowLeft: () => this.point({ ...from, bar: clamp(this.cross ? from.bar - step : from.bar, 0, this.count - 1) }),
      ArrowRight: () => this.point({ ...from, bar: clamp(from.bar + step, 0, this.count - 1) }),
      ArrowUp: () => this.point({ ...from, y: clamp(this.moved(from.y, step), top, bottom) }),
      ArrowDown: () => this.point({ ...from, y: clamp(this.moved(from.y, -step), top, bottom) }),
      Home: () => this.point({ ...from, bar: 0 }),
      End: () => this.point({ ...from, bar: this.count - 1 }),
      "+": () => this.zoom(0.8, 1),
      "=": () => this.zoom(0.8, 1),
      "-": () => this.zoom(1.25, 1),
      0: () => this.reset(),
      Enter: () => this.pick(from.y, from.bar),
      g: () => this.go(from.bar),
      Escape: () => { this.offer(null); this.point(null); },
    };
    const move = moves[event.key];
    if (!move || !this.count) return;
    event.preventDefault();
    event.stopPropagation();
    move();
    if (this.cross && (this.cross.bar < this.first || this.cross.bar > this.first + this.bars - 1)) {
      this.first = this.cross.bar < this.first ? this.cross.bar : this.cross.bar - this.bars + 1;
      this.settle();
    }
  }

  lastPrice() {
    const { close, open } = this.chart;
    const last = this.count - 1;
    return close[last] ?? open[last] ?? close[last - 1];
  }

  /** A height moved by some ticks of the price. */
  moved(y, steps) {
    const tick = this.chart.tick || (this.high - this.low) / 200;
    return this.toY(this.rounded(this.toPrice(y)) + steps * tick);
  }

  rounded(price) {
    const { tick } = this.chart;
    return tick > 0 ? Math.round(price / tick) / Math.round(1 / tick) : +price.toPrecision(6);
  }

  barAt(x) {
    return clamp(Math.floor(this.first + (x / this.plot) * this.bars), 0, this.count - 1);
  }

  /** What a click means: a price for the ticket, or a bar to go to. */
  pick(y, bar) {
    const [top, bottom] = this.panes[0];
    if (!this.count) return;
    if (this.look.picks === "nothing") return;
    if (this.look.picks === "bar") {
      this.go(bar);
      return;
    }
    if (y > bottom) {
      // A second click would mean to reset the view.
      clearTimeout(this.going);
      this.going = setTimeout(() => this.go(bar), TWICE);
      return;
    }
    if (y < top) return;
    const price = this.rounded(this.toPrice(y));
    this.root.dataset.price = price;
    this.model.send({ kind: "price", price });
    this.offer(price, this.toX(bar), y);
    this.say(`${this.word("picked")} ${priceText(price, this.chart.tick)}`);
  }

  /** Go to the day of a bar. */
  go(bar) {
    this.model.send({ kind: "bar", label: this.chart.labels[bar] });
    if (this.look.picks !== "bar") this.say(`${this.word("goes_to")} ${this.chart.labels[bar]}`);
  }

  point(cross) {
    if (cross === null && this.cross === null) return;
    this.cross = cross;
    this.draw();
  }

  /* ---------------------------------------------------------------- drawing */

  resize() {
    const scale = window.devicePixelRatio || 1;
    this.holder.style.minHeight = `${this.look.height}px`;
    const width = this.holder.clientWidth;
    const height = this.holder.clientHeight;
    if (!width) return;
    const isWider = this.width !== width;
    this.width = width;
    this.height = height;
    // The layout is not final when a view is made: the bars fill the width until somebody zooms.
    if (isWider && !this.isChosen) this.fill();
    const pixels = [Math.round(width * scale), Math.round(height * scale)];
    if (this.canvas.width !== pixels[0] || this.canvas.height !== pixels[1]) [this.canvas.width, this.canvas.height] = pixels;
    this.ctx.setTransform(scale, 0, 0, scale, 0, 0);
    this.paint();
  }

  draw() {
    if (!this.frame) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        if (this.width) this.paint();
      });
    }
  }

  toX(bar) {
    return ((bar - this.first + 0.5) / this.bars) * this.plot;
  }

  toY(price) {
    const [top, bottom] = this.panes[0];
    return bottom - ((price - this.low) / (this.high - this.low)) * (bottom - top);
  }

  toPrice(y) {
    const [top, bottom] = this.panes[0];
    return this.low + ((bottom - y) / (bottom - top)) * (this.high - this.low);
  }

  layout() {
    this.plot = this.width - RIGHT;
    const room = this.height - TOP - BOTTOM;
    this.panes = [];
    let top = TOP;
    this.shows = this.chart.equity.filter(isKnown).length > 1;
    for (const share of this.shows ? SHARES : WITHOUT) {
      const bottom = top + room * share;
      this.panes.push([top + (this.panes.length ? 8 : 0), bottom]);
      top = bottom;
    }
    this.from = clamp(Math.floor(this.first), 0, this.count);
    this.to = clamp(Math.ceil(this.first + this.bars) + 1, 0, this.count);
    this.range();
  }

  /** The prices that must be seen: bars in view, and what waits near them. */
  range() {
    const { open, low, high, lines, limits } = this.chart;
    const found = extent([low, high, open], this.from, this.to) || extent([limits], 0, limits.length) || [0, 1];
    const reach = Math.max(found[1] - found[0], 0.12 * found[1]);
    const [floor, ceiling] = found.map((value, side) => value + (side ? reach : -reach));
    const near = lines.map((line) => line.price);
    for (const price of near) {
      if (!isKnown(price) || price < floor || price > ceiling) continue;
      found[0] = Math.min(found[0], price);
      found[1] = Math.max(found[1], price);
    }
    const margin = (found[1] - found[0]) * 0.07 || Math.abs(found[1]) * 0.02 || 1;
    [this.low, this.high] = [found[0] - margin, found[1] + margin];
  }

  paint() {
    this.see();
    this.tags = this.scale = [];
    this.seen = this.count;
    this.symbol = this.chart.symbol;
    this.layout();
    const { ctx, colours } = this;
    ctx.fillStyle = colours.ground;
    ctx.fillRect(0, 0, this.width, this.height);
    ctx.font = "11px system-ui, sans-serif";
    ctx.textBaseline = "middle";
    if (!this.count) {
      ctx.fillStyle = colours.faint;
      ctx.textAlign = "center";
      ctx.fillText(this.word("no_bar"), this.width / 2, this.height / 2);
    } else {
      this.placeTags();
      this.paintGrid();
      ctx.save();
      this.clip(this.panes[0][0], this.panes[0][1]);
      this.paintLimits();
      ctx.restore();
      ctx.save();
      this.clip(TOP, this.height - BOTTOM);
      this.paintBars();
      this.paintAccount();
      this.paintStudies();
      this.paintBeside();
      this.paintTrades();
      this.paintWaiting();
      this.paintMarks();
      ctx.restore();
      this.paintLegend();
      this.paintTags();
      this.paintCross();
    }
    this.describe();
  }

  clip(top, bottom) {
    this.ctx.beginPath();
    this.ctx.rect(0, top, this.plot, bottom - top);
    this.ctx.clip();
  }

  paintGrid() {
    const { ctx, colours, chart } = this;
    ctx.lineWidth = 1;
    ctx.textAlign = "left";
    const horizontal = (y, text) => {
      ctx.strokeStyle = colours.grid;
      ctx.beginPath();
      ctx.moveTo(0, Math.round(y) + 0.5);
      ctx.lineTo(this.plot, Math.round(y) + 0.5);
      ctx.stroke();
      ctx.fillStyle = colours.faint;
      ctx.fillText(text, this.plot + 6, y, RIGHT - 8);
    };
    const [top, bottom] = this.panes[0];
    this.scale = [];
    for (const price of ticks(this.low, this.high, (bottom - top) / 44)) {
      const y = this.toY(price);
      // Half of a number that looks out from under a tag says nothing.
      const free = this.tags.every((tag) => Math.abs(tag.y - y) >= TAG - 2);
      horizontal(y, free ? priceText(price, chart.tick) : "");
      if (free) this.scale.push(y);
    }
    this.scales = [
      [chart.volume, countText, true],
      [chart.equity, moneyText, false],
      [chart.drawdown, percentText, true],
    ].map(([list, text, zero], number) => {
      const [upper, lower] = this.panes[number + 1];
      if (number && !this.shows) return () => lower;
      const found = extent([list], this.from, this.to);
      ctx.strokeStyle = colours.line;
      ctx.beginPath();
      ctx.moveTo(0, Math.round(upper - 4) + 0.5);
      ctx.lineTo(this.width, Math.round(upper - 4) + 0.5);
      ctx.stroke();
      if (!found) return () => lower;
      if (zero) found[number ? 1 : 0] = 0;
      if (found[0] === found[1]) found[number === 2 ? 0 : 1] += number === 2 ? -0.001 : Math.abs(found[1]) * 0.001 || 1;
      const [least, most] = found;
      const toY = (value) => lower - 2 - ((value - least) / (most - least)) * (lower - upper - 6);
      for (const value of number === 1 ? [least, most] : [number ? least : most]) {
        ctx.fillStyle = colours.faint;
        ctx.fillText(text(value), this.plot + 6, clamp(toY(value), upper + 4, lower - 6), RIGHT - 8);
      }
      return toY;
    });
    ctx.fillStyle = colours.faint;
    ["volume", "equity", "drawdown"].forEach((key, number) => {
      if (!number || this.shows) ctx.fillText(this.word(key), 4, this.panes[number + 1][0] + 5);
    });
    this.paintDates();
  }

  paintDates() {
    const { ctx, colours, chart } = this;
    const every = Math.max(1, Math.ceil(this.bars / Math.max(this.plot / 110, 1)));
    const y = this.height - BOTTOM / 2;
    ctx.fillStyle = colours.faint;
    ctx.textAlign = "center";
    for (let bar = Math.ceil(this.from / every) * every; bar < this.to; bar += every) {
      const x = this.toX(bar);
      const half = ctx.measureText(chart.labels[bar]).width / 2;
      if (x > half && x < this.plot - half) ctx.fillText(chart.labels[bar], x, y);
    }
    ctx.textAlign = "left";
  }

  /** Where a label at the edge ends so that no mark of an order lies on it: left of the last marks, if they are few. */
  besideMarks(room) {
    let right = this.plot - 6;
    const places = this.chart.marks.map(({ bar }) => this.toX(bar)).sort((one, other) => other - one);
    for (const x of places) if (x > right - room - 8 && x < right + 8) right = x - 10;
    return right < this.plot / 2 ? this.plot - 6 : right;
  }

  /** The limits that apply next: short lines at the right edge, labels where they are out of sight. */
  paintLimits() {
    const { ctx, colours, chart } = this;
    const [top, bottom] = this.panes[0];
    ctx.strokeStyle = ctx.fillStyle = colours.faint;
    ctx.lineWidth = 1;
    ctx.textAlign = "right";
    chart.limits.forEach((price, side) => {
      if (!isKnown(price)) return;
      const y = this.toY(price);
      const isSeen = y >= top && y <= bottom;
      if (isSeen) {
        ctx.setLineDash([2, 3]);
        ctx.beginPath();
        ctx.moveTo(this.plot - 130, Math.round(y) + 0.5);
        ctx.lineTo(this.plot, Math.round(y) + 0.5);
        ctx.stroke();
        ctx.setLineDash([]);
      }
      const words = `${this.word(side ? "limit_up" : "limit_down")} ${priceText(price, chart.tick)}`;
      const at = clamp(isSeen ? y + (side ? -7 : 8) : side ? top : bottom, top + 7, bottom - 7);
      const text = `${isSeen ? "" : side ? "↑ " : "↓ "}${words}`;
      ctx.fillText(text, isSeen ? this.plot - 6 : this.besideMarks(ctx.measureText(text).width), at);
    });
    ctx.textAlign = "left";
  }

  paintBars() {
    const { ctx, colours, chart } = this;
    const [rise, fall] = this.look.red_up ? [colours.red, colours.green] : [colours.green, colours.red];
    const room = this.plot / this.bars;
    const width = Math.max(1, Math.min(room * 0.66, 14));
    const base = this.panes[1][1] - 2;
    ctx.lineWidth = 1;
    for (let bar = this.from; bar < this.to; bar += 1) {
      const x = Math.round(this.toX(bar)) + 0.5;
      const [open, close] = [chart.open[bar], chart.close[bar]];
      if (!isKnown(close)) {
        // Not whole yet: nothing but the open is known.
        if (!isKnown(open)) continue;
        ctx.fillStyle = colours.text;
        ctx.fillRect(x - width / 2, this.toY(open) - 1, width, 2);
        continue;
      }
      const up = close >= open;
      const [top, bottom] = [this.toY(Math.max(open, close)), this.toY(Math.min(open, close))];
      ctx.strokeStyle = up ? rise : fall;
      ctx.beginPath();
      ctx.moveTo(x, this.toY(chart.high[bar]));
      ctx.lineTo(x, top);
      ctx.moveTo(x, bottom);
      ctx.lineTo(x, this.toY(chart.low[bar]));
      ctx.stroke();
      const tall = Math.max(bottom - top, 1);
      // Rising bars are hollow: told apart without the colour too.
      ctx.fillStyle = up && width >= 3 ? colours.ground : ctx.strokeStyle;
      ctx.fillRect(x - width / 2, top, width, tall);
      if (width >= 3) ctx.strokeRect(x - width / 2, top, width, tall);
      if (chart.volume[bar]) {
        ctx.globalAlpha = 0.55;
        ctx.fillStyle = up ? rise : fall;
        const y = this.scales[0](chart.volume[bar]);
        ctx.fillRect(x - width / 2, y, width, base - y);
        ctx.globalAlpha = 1;
      }
    }
  }

  paintAccount() {
    const { ctx, colours, chart } = this;
    const trace = (list, toY) => {
      ctx.beginPath();
      let [begin, end] = [null, null];
      for (let bar = this.from; bar < this.to; bar += 1) {
        if (!isKnown(list[bar])) continue;
        const x = this.toX(bar);
        if (begin === null) ctx.moveTo(x, toY(list[bar]));
        else ctx.lineTo(x, toY(list[bar]));
        begin ??= x;
        end = x;
      }
      return [begin, end];
    };
    ctx.strokeStyle = ctx.fillStyle = colours.main;
    ctx.lineWidth = 1.5;
    const [first, last] = trace(chart.equity, this.scales[1]);
    // On bars inside the day one close may be all that is in view: a line of one point is not seen.
    if (first !== null && first === last) ctx.arc(first, this.scales[1](chart.equity.slice(this.from, this.to).find(isKnown)), 1.5, 0, 7);
    ctx.stroke();
    const zero = this.scales[2](0);
    const [begin, end] = trace(chart.drawdown, this.scales[2]);
    ctx.strokeStyle = colours.bad;
    ctx.stroke();
    if (begin === null) return;
    ctx.lineTo(end, zero);
    ctx.lineTo(begin, zero);
    ctx.globalAlpha = 0.2;
    ctx.fillStyle = colours.bad;
    ctx.fill();
    ctx.globalAlpha = 1;
  }

  /** A line through the known values of a list, in the pane of the prices. */
  trace(list, toY) {
    const { ctx } = this;
    ctx.save();
    this.clip(this.panes[0][0], this.panes[0][1]);
    ctx.beginPath();
    let isOn = false;
    for (let bar = this.from; bar < this.to; bar += 1) {
      if (!isKnown(list[bar])) {
        isOn = false;
        continue;
      }
      ctx[isOn ? "lineTo" : "moveTo"](this.toX(bar), toY(list[bar]));
      isOn = true;
    }
    ctx.stroke();
    ctx.restore();
  }

  paintStudies() {
    const { ctx, colours, chart } = this;
    const chosen = this.look.studies ?? [];
    if (this.studied?.chart !== chart || this.studied.names !== chosen) {
      this.studied = { chart, names: chosen, lines: chosen.map((name) => linesOf(name, chart)) };
    }
    ctx.lineWidth = 1.3;
    this.studied.lines.forEach((lines, number) => {
      ctx.strokeStyle = colours.studies[STUDY.indexOf(chosen[number])];
      lines.forEach((line) => this.trace(line, (price) => this.toY(price)));
    });
  }

  /** Another instrument or the index, moved so that both are equal where the view begins. */
  paintBeside() {
    const { ctx, colours, chart } = this;
    const list = chart.beside ?? [];
    let start = this.from;
    while (start < this.to && !(isKnown(list[start]) && isKnown(chart.close[start]))) start += 1;
    this.besideAt = null;
    if (!chart.beside_name || start >= this.to) return;
    const ratio = chart.close[start] / list[start];
    this.besideAt = (bar) => (isKnown(list[bar]) ? list[bar] / list[start] - 1 : null);
    ctx.strokeStyle = colours.beside;
    ctx.lineWidth = 1.5;
    this.trace(list, (price) => this.toY(price * ratio));
  }

  /** Entry and exit of each trade joined: what was won and what was lost tell themselves by colour and dashes. */
  paintTrades() {
    const { ctx, colours, chart } = this;
    ctx.save();
    this.clip(this.panes[0][0], this.panes[0][1]);
    ctx.lineWidth = 1.6;
    for (const trade of chart.trades ?? []) {
      if (trade.until < this.from || trade.bar > this.to) continue;
      ctx.strokeStyle = trade.profit > 0 ? colours.won : colours.lost;
      ctx.setLineDash(trade.profit > 0 ? [] : [5, 3]);
      ctx.beginPath();
      ctx.moveTo(this.toX(trade.bar), this.toY(trade.price));
      ctx.lineTo(this.toX(trade.until), this.toY(trade.exit_price));
      ctx.stroke();
    }
    ctx.restore();
  }

  lineColour(kind) {
    return { limit: this.colours.main, stop: this.colours.bad, cost: this.colours.faint }[kind];
  }

  paintWaiting() {
    const { ctx } = this;
    const [top, bottom] = this.panes[0];
    ctx.lineWidth = 1;
    ctx.textAlign = "left";
    const taken = [];
    for (const known of this.chart.lines) {
      const line = this.drag?.line === known && isKnown(this.drag.price) ? { ...known, price: this.drag.price } : known;
      const y = this.toY(line.price);
      if (y < top || y > bottom) continue;
      ctx.strokeStyle = this.lineColour(line.kind);
      ctx.setLineDash(line.kind === "stop" ? [2, 3] : line.kind === "cost" ? [8, 4] : [5, 3]);
      ctx.beginPath();
      ctx.moveTo(0, Math.round(y) + 0.5);
      ctx.lineTo(this.plot, Math.round(y) + 0.5);
      ctx.stroke();
      ctx.setLineDash([]);
      const side = line.side ? `${this.word(line.side)} ` : "";
      const words = `${side}${this.word(line.kind)}${line.order_id ? ` #${line.order_id}` : ""}`;
      // Words of lines that are close together stand side by side.
      const beside = taken.filter(([known]) => Math.abs(known - y) < 12).reduce((sum, [, room]) => sum + room, 0);
      const room = ctx.measureText(words).width + 8;
      taken.push([y, room + 4]);
      ctx.fillStyle = this.colours.ground;
      ctx.globalAlpha = 0.85;
      ctx.fillRect(4 + beside, y - 14, room, 13);
      ctx.globalAlpha = 1;
      ctx.fillStyle = ctx.strokeStyle;
      ctx.fillText(words, 8 + beside, y - 7);
    }
  }

  paintMarks() {
    const { ctx, colours, chart } = this;
    const stacked = new Map();
    const [top, bottom] = this.panes[0];
    for (const mark of chart.marks) {
      if (mark.bar < this.from - 1 || mark.bar > this.to) continue;
      const buy = mark.side === "buy";
      let y;
      if (isKnown(mark.price)) {
        y = this.toY(mark.price);
      } else {
        const edge = (buy ? chart.low : chart.high)[mark.bar] ?? chart.open[mark.bar] ?? chart.close[mark.bar - 1];
        const key = `${mark.bar}${mark.side}`;
        const place = Math.min(stacked.get(key) || 0, 4);
        stacked.set(key, place + 1);
        y = this.toY(edge ?? this.low) + (buy ? 1 : -1) * (11 + 12 * place);
      }
      ctx.lineWidth = 1.6;
      shapeOf(mark.kind)(ctx, this.toX(mark.bar), clamp(y, top + 5, bottom - 5), colours, mark);
    }
  }

  paintLegend() {
    const { ctx, colours } = this;
    const kinds = [...new Set(this.chart.marks.map((mark) => mark.kind))];
    const order = this.look.marks.filter((kind) => kinds.includes(kind));
    ctx.textAlign = "left";
    let x = 8;
    for (const kind of order) {
      ctx.lineWidth = 1.6;
      shapeOf(kind)(ctx, x + 4, TOP / 2, colours, { side: kind.endsWith("sold") ? "sell" : "buy" });
      ctx.fillStyle = colours.faint;
      ctx.fillText(this.word(kind), x + 13, TOP / 2 + 0.5);
      x += 24 + ctx.measureText(this.word(kind)).width;
    }
  }

  tag(y, text, ground, words) {
    const { ctx } = this;
    ctx.fillStyle = ground;
    ctx.fillRect(this.plot + 1, y - TAG / 2, RIGHT - 2, TAG);
    ctx.fillStyle = words;
    ctx.textAlign = "left";
    ctx.fillText(text, this.plot + 6, y, RIGHT - 8);
  }

  placeTags() {
    const { chart, colours } = this;
    const [top, bottom] = this.panes[0];
    const now = (line) => (this.drag?.line === line && isKnown(this.drag.price) ? this.drag.price : line.price);
    const found = chart.lines.map((line) => ({ price: now(line), ground: this.lineColour(line.kind), on: colours.ground }));
    const price = this.lastPrice();
    if (isKnown(price)) {
      const last = this.count - 1;
      const up = (chart.close[last] ?? price) >= (chart.open[last] ?? price);
      found.push({ price, isLast: true, ground: up === Boolean(this.look.red_up) ? colours.red : colours.green, on: colours.ground });
    }
    const tags = found
      .map((tag) => ({ ...tag, y: this.toY(tag.price) }))
      .filter(({ y }) => y >= top && y <= bottom)
      .sort((one, two) => one.y - two.y);
    // The last price stands where it is; tags that would cover it or each other are pushed away from it.
    const fixed = Math.max(tags.findIndex((tag) => tag.isLast), 0);
    for (let i = fixed + 1; i < tags.length; i += 1) tags[i].y = Math.max(tags[i].y, tags[i - 1].y + 17);
    for (let i = fixed - 1; i >= 0; i -= 1) tags[i].y = Math.min(tags[i].y, tags[i + 1].y - 17);
    this.tags = tags;
  }

  paintTags() {
    for (const { y, price, ground, on } of this.tags) this.tag(y, priceText(price, this.chart.tick), ground, on);
  }

  paintCross() {
    if (!this.cross) return;
    const { ctx, colours, chart } = this;
    const x = Math.round(this.toX(this.cross.bar)) + 0.5;
    const y = Math.round(this.cross.y) + 0.5;
    ctx.strokeStyle = colours.faint;
    ctx.lineWidth = 1;
    ctx.setLineDash([3, 3]);
    ctx.beginPath();
    ctx.moveTo(x, TOP);
    ctx.lineTo(x, this.height - BOTTOM);
    const [top, bottom] = this.panes[0];
    const inside = y >= top && y <= bottom;
    if (inside) {
      ctx.moveTo(0, y);
      ctx.lineTo(this.plot, y);
    }
    ctx.stroke();
    ctx.setLineDash([]);
    if (inside) this.tag(y, priceText(this.rounded(this.toPrice(this.cross.y)), chart.tick), colours.tag, colours.onTag);
    const label = chart.labels[this.cross.bar];
    const room = ctx.measureText(label).width + 12;
    const left = clamp(x - room / 2, 0, this.plot - room);
    ctx.fillStyle = colours.tag;
    ctx.fillRect(left, this.height - BOTTOM + 2, room, BOTTOM - 4);
    ctx.fillStyle = colours.onTag;
    ctx.fillText(label, left + 6, this.height - BOTTOM / 2);
  }

  /* ---------------------------------------------------------------- words for those who do not see the canvas */

  describe() {
    const { chart, root } = this;
    const bar = this.cross ? this.cross.bar : this.count - 1;
    const facts = this.count ? this.facts(bar) : this.word("no_bar");
    this.say(facts);
    this.readout.style.color = this.colours.text;
    this.readout.style.background = this.colours.ground;
    this.canvas.setAttribute("aria-label", `${chart.title}. ${facts}. ${this.word("keys")}`);
    Object.assign(root.dataset, {
      symbol: chart.symbol, seq: chart.seq, bars: this.count, from: this.from, to: this.to - 1, bar,
      label: chart.labels[bar] ?? "", theme: this.theme, limits: chart.limits.join(), marks: chart.marks.length, lines: chart.lines.length, follows: this.follows,
      panes: this.shows ? 4 : 2, tags: this.tags.map(({ price, y }) => `${price}@${y.toFixed(1)}`).join(),
      scale: this.scale.map((y) => y.toFixed(1)).join(),
      trades: (chart.trades ?? []).length, won: (chart.trades ?? []).filter((trade) => trade.profit > 0).length,
      studies: (this.look.studies ?? []).join(), beside: chart.beside_name ?? "",
      cross: this.cross ? priceText(this.rounded(this.toPrice(this.cross.y)), chart.tick) : "",
      low: this.low, high: this.high, top: this.panes[0][0], bottom: this.panes[0][1],
    });
  }

  facts(bar) {
    const { chart } = this;
    const prices = ["open", "high", "low", "close"].map(
      (key) => `${this.word(key)} ${priceText(chart[key][bar], chart.tick)}`,
    );
    const before = chart.close[bar - 1];
    const change = isKnown(chart.close[bar]) && before ? ` (${percentText(chart.close[bar] / before - 1)})` : "";
    const rest = [`${this.word("volume")} ${countText(chart.volume[bar])}`];
    if (isKnown(chart.equity[bar])) rest.push(`${this.word("equity")} ${moneyText(chart.equity[bar])}`);
    if (chart.drawdown[bar] < 0) rest.push(`${this.word("drawdown")} ${percentText(chart.drawdown[bar])}`);
    const trade = (chart.trades ?? []).find((one) => one.until === bar);
    if (trade) rest.push(`${trade.profit > 0 ? "+" : ""}${moneyText(trade.profit)}`);
    if (this.besideAt) rest.push(`${chart.beside_name} ${percentText(this.besideAt(bar))}`);
    return [chart.labels[bar], `${prices.join("  ")}${change}`, ...rest].join(" · ");
  }

  say(words) {
    if (this.readout.textContent !== words) this.readout.textContent = words;
  }
}

// Called once for each model: its views share one store.
export default () => {
  const store = { chart: null, listeners: new Set() };
  return {
    initialize: ({ model }) => follow(model, store),
    render: ({ model, el }) => {
      const view = new View(model, el, store);
      return () => view.close();
    },
  };
};
