// Keys of the workbench: they work while the focus is on a button or on the page of the panels, never inside a field.
// Plain JavaScript, nothing is loaded from anywhere.

const KEYS = {
  ArrowRight: "step", n: "step", ".": "step_phase", ArrowLeft: "back", b: "back", p: "play", " ": "play",
};
const FIELDS = "input, select, textarea, canvas, [role=slider], [role=tab], [contenteditable=true]";

function render({ model, el }) {
  el.style.display = "none";
  let root = null;
  let frame = 0;
  const isGone = () => root.classList.contains("jupyter-widgets-disconnected");
  const pressed = (event) => {
    if (isGone()) return;
    const name = KEYS[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(FIELDS)) return;
    const button = event.target.closest("button");
    // On a button the space bar presses it, as everywhere.
    if (event.key === " " && button) return;
    event.preventDefault();
    event.stopPropagation();
    // A button that is switched off while it plays would lose the focus to the page, and the next key with it.
    if (button) root.focus({ preventScroll: true });
    model.send({ key: name });
  };
  // The notebook has keys of its own (b inserts a cell): not while the focus is in here. It looks at the focused
  // element first, so that a mark on the frame would come too late.
  const focused = (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true");
  const attach = () => {
    root = el.closest(".qr-desk");
    const handle = root?.querySelector(".qr-slider [role=slider]");
    if (!handle) {
      frame = requestAnimationFrame(attach);
      return;
    }
    handle.setAttribute("aria-label", model.get("slider"));
    root.setAttribute("tabindex", "-1");
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", model.get("name"));
    root.addEventListener("keydown", pressed);
    root.addEventListener("focusin", focused);
    lost.observe(root, { attributes: true, attributeFilter: ["class"] });
  };
  // Without its kernel nothing in the frame can be pressed: the frame says so (panels.css).
  const lost = new MutationObserver(() => {
    for (const child of root.children) child.inert = isGone();
  });
  attach();
  return () => {
    lost.disconnect();
    cancelAnimationFrame(frame);
    root?.removeEventListener("keydown", pressed);
    root?.removeEventListener("focusin", focused);
  };
}

export default { render };
