// Hands for a table of a panel: a click on a head sorts, rows are copied, and what the kernel hands over is saved.
// Plain JavaScript, nothing is loaded from anywhere.

function render({ model, el }) {
  el.style.display = "none";
  let panel = null;
  let frame = 0;
  const head = (event) => event.target.closest("th[data-column]");
  const sort = (event) => {
    if (event.type === "keydown" && event.key !== "Enter") return;
    const found = head(event);
    if (found && panel.contains(found)) {
      event.stopPropagation();
      model.send({ kind: "sort", column: found.dataset.column });
    }
  };
  const save = (message) => {
    if (message.kind === "copy") {
      const done = (area) => { document.execCommand("copy"); area.remove(); };
      navigator.clipboard?.writeText(message.text).catch(() => {
        const area = document.createElement("textarea");
        area.value = message.text;
        document.body.append(area);
        area.select();
        done(area);
      });
    } else if (message.kind === "save") {
      // The mark tells Excel that it is UTF-8.
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([`\ufeff${message.text}`], { type: "text/csv" }));
      link.download = message.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
  };
  const attach = () => {
    panel = el.closest(".qr-panel");
    if (!panel) {
      frame = requestAnimationFrame(attach);
      return;
    }
    panel.addEventListener("click", sort);
    panel.addEventListener("keydown", sort);
  };
  attach();
  model.on("msg:custom", save);
  return () => {
    cancelAnimationFrame(frame);
    model.off("msg:custom", save);
    panel?.removeEventListener("click", sort);
    panel?.removeEventListener("keydown", sort);
  };
}

export default { render };
