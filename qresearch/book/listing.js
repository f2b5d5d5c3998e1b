// Makes the static tables of a session sort, search, turn pages, copy and save. Nothing is loaded from anywhere.
(() => {
  const COLOURS = __COLOURS__;
  const number = (text) => {
    const value = Number(text.replaceAll(",", "").replace(/%$/, ""));
    return text === "–" ? -Infinity : value;
  };
  const make = (name, parent, text, style) => {
    const node = document.createElement(name);
    if (text) node.textContent = text;
    if (style) node.style.cssText = style;
    parent.append(node);
    return node;
  };
  const control = "font:inherit;font-size:12px;color:inherit;background:transparent;border:1px solid currentColor;" +
    "border-radius:5px;padding:2px 8px;margin:0";
  const begin = (root) => {
    const data = JSON.parse(root.querySelector("script").textContent);
    const { columns, cells, words } = data;
    const order = cells[0].map((_, row) => row);
    let [rows, sorted, down, page, all] = [order, -1, false, 0, false];
    root.replaceChildren();
    const bar = make("div", root, "", "display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin:2px 0");
    const search = make("input", bar, "", `${control};width:180px`);
    search.type = "search";
    search.placeholder = words.filter;
    search.setAttribute("aria-label", words.filter);
    const label = make("label", bar, `${words.rows_at_once} `, "font-size:12px");
    const length = make("select", label, "", control);
    for (const size of data.lengths) make("option", length, `${size}`, "background:Canvas;color:CanvasText");
    const button = (text, call) => {
      const node = make("button", bar, text, `${control};cursor:pointer`);
      node.type = "button";
      node.addEventListener("click", () => call(node));
      return node;
    };
    const wide = columns.some((column) => !column.first)
      ? button(words.all_columns, (node) => { all = !all; node.setAttribute("aria-pressed", all); draw(); }) : null;
    wide?.setAttribute("aria-pressed", false);
    const seen = () => columns.map((column, place) => place).filter((place) => all || columns[place].first);
    const plain = (place, row) => (columns[place].right ? cells[place][row].replaceAll(",", "") : cells[place][row]).replace(/^–$/, "");
    const lines = (between, quote, places) => [places.map((place) => quote(columns[place].name)),
      ...rows.map((row) => places.map((place) => quote(plain(place, row))))].map((line) => line.join(between)).join("\r\n");
    button(words.copy, async (node) => {
      const text = lines("\t", (cell) => cell.replace(/\s+/g, " "), seen());
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const area = make("textarea", document.body);
        area.value = text;
        area.select();
        document.execCommand("copy");
        area.remove();
      }
      node.textContent = words.copied;
      setTimeout(() => { node.textContent = words.copy; }, 1500);
    });
    button(words.csv, () => {
      // What a spreadsheet would take for a formula gets an apostrophe.
      const safe = (cell) => (/^[=+\-@\t\r]/.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell);
      const quote = (cell) => (/[",\r\n]/.test(cell) ? `"${safe(cell).replaceAll('"', '""')}"` : safe(cell));
      // The mark tells Excel that it is UTF-8.
      const file = new Blob([`\ufeff${lines(",", quote, columns.map((_, place) => place))}\r\n`], { type: "text/csv" });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = `${data.name}.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    const table = make("table", make("div", root, "", "overflow-x:auto"));
    const foot = make("div", root, "", "display:flex;gap:6px;align-items:center;font-size:12px;margin:2px 0");
    const turn = (text, by) => {
      const node = make("button", foot, text, `${control};cursor:pointer`);
      node.type = "button";
      node.addEventListener("click", () => { page += by; draw(); });
      return node;
    };
    const [back, next] = [turn(`‹ ${words.newer_page}`, -1), turn(`${words.older_page} ›`, 1)];
    const told = make("span", foot);
    told.setAttribute("role", "status");
    const sift = () => {
      const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      rows = order.filter((row) => wanted.every((part) => cells.some((column) => column[row].toLowerCase().includes(part))));
      if (sorted >= 0) {
        const column = cells[sorted];
        const isNumber = columns[sorted].right || column.every((text) => !Number.isNaN(number(text)));
        const compare = isNumber ? (one, two) => number(column[one]) - number(column[two])
          : (one, two) => (column[one] < column[two] ? -1 : column[one] > column[two] ? 1 : 0);
        rows.sort((one, two) => (down ? -compare(one, two) : compare(one, two)) || one - two);
      }
      page = 0;
      draw();
    };
    const draw = () => {
      const size = Number(length.value);
      const pages = Math.max(Math.ceil(rows.length / size), 1);
      page = Math.min(Math.max(page, 0), pages - 1);
      const places = seen();
      table.replaceChildren();
      const head = make("tr", make("thead", table));
      for (const place of places) {
        const cell = make("th", head, "", `text-align:${columns[place].right ? "right" : "left"}`);
        const sign = place === sorted ? (down ? " ↓" : " ↑") : "";
        const title = make("button", cell, `${columns[place].name}${sign}`, "all:unset;cursor:pointer;font:inherit;color:inherit");
        title.tabIndex = 0;
        cell.setAttribute("aria-sort", place !== sorted ? "none" : down ? "descending" : "ascending");
        title.addEventListener("click", () => { down = place === sorted && !down; sorted = place; sift(); });
        title.addEventListener("focus", () => { title.style.outline = "2px solid"; });
        title.addEventListener("blur", () => { title.style.outline = ""; });
      }
      const body = make("tbody", table);
      for (const row of rows.slice(page * size, page * size + size)) {
        const line = make("tr", body);
        for (const place of places) {
          const text = cells[place][row];
          const { right, wraps } = columns[place];
          const cell = make("td", line, "", `text-align:${right ? "right" : "left"};white-space:${wraps ? "normal;min-width:18em" : "nowrap"}`);
          const colour = columns[place].state && COLOURS[text];
          if (colour) make("b", cell, text, `color:#fff;background:${colour};border-radius:4px;padding:0 .4em`);
          else cell.textContent = text;
        }
      }
      back.hidden = next.hidden = pages < 2;
      back.disabled = page === 0;
      next.disabled = page === pages - 1;
      const from = rows.length ? page * size + 1 : 0;
      told.textContent = `${from}–${Math.min((page + 1) * size, rows.length)} ${words.of_rows} ${rows.length.toLocaleString("en-US")}`
        + (data.rows > order.length ? ` · ${words.last_rows} ${data.rows.toLocaleString("en-US")}` : "");
    };
    search.addEventListener("input", sift);
    length.addEventListener("change", () => { page = 0; draw(); });
    // A notebook has keys of its own.
    root.setAttribute("data-lm-suppress-shortcuts", "true");
    draw();
    root.dataset.live = "true";
  };
  document.querySelectorAll(".qr-listing:not([data-live])").forEach((root) => {
    if (root.querySelector("script")) begin(root);
  });
})();
