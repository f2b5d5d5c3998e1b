"""Makes the pictures of the workbench in the README again: ``python tests/browser/pictures.py``, in a real browser."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from lab import Lab, check_chinese, chromium
from PIL import Image
from test_workbench import TRADED, Hands

FOLDER = Path(__file__).parents[2] / "notebooks" / "pictures"
LOOKS = {"workbench_light": "", "workbench_dark_zh": "language='zh', theme='dark'"}
WIDTH, SCALE = 1280, 0.8
"""Of the window in CSS pixels, and pixels of the picture for each of them."""
COLOURS = 160
"""Of the palette: half the size, and no difference that one sees."""


def main() -> None:
    """Draw each look from the same story and write it where the README finds it."""
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        check_chinese(browser)
        lab = Lab(browser, Path(folder))
        try:
            for name, look in LOOKS.items():
                (FOLDER / f"{name}.png").write_bytes(_shrunk(_taken(lab, look)))
                print(f"wrote {FOLDER / name}.png")
        finally:
            lab.close()


def _taken(lab: Lab, look: str) -> bytes:
    """The workbench alone, after a story with orders in several states, its table of orders open."""
    with lab.notebook([TRADED.format(look=look)], width=WIDTH, height=1400, scale=SCALE) as (page, complaints):
        Hands(page)
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        page.locator(".qr-tabs .lm-TabBar-tab").nth(1).click()
        page.locator(".qr-orders table").wait_for()
        page.wait_for_timeout(1000)
        assert complaints == []
        return bytes(page.locator(".qr-desk").screenshot())


def _shrunk(png: bytes) -> bytes:
    """The same picture with a palette."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(out, "png", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
