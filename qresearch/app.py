"""The page of ``qresearch app``: Voila, which answers only those who have its token, and only under its own name.

As Voila is delivered, any page of the web that a browser shows, and any user of the machine, could start kernels and
work the widgets. Here it keeps the rules of JupyterLab: a random token stands in the address that is opened (that of
``JUPYTER_TOKEN``, where it is set), and while it listens on this machine alone, requests for another host are refused.
Its page is the workbench in a full window, made of what is on this machine: it works offline. Needs the extra ``app``.
"""

from __future__ import annotations

import ipaddress
import sys
import threading
import webbrowser
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from voila.app import Voila

from qresearch.channel import make_prompt


class Page(Voila):  # type: ignore[misc]  # Voila declares no types
    """Voila with a token and a check of the host."""

    def init_settings(self) -> dict[str, Any]:
        """The settings of the server."""
        if self.token is None:
            self.auto_token = True
        settings: dict[str, Any] = super().init_settings()
        settings["allow_remote_access"] = not _is_here(self.ip)
        make_prompt(settings)
        return settings

    def launch_browser(self) -> None:
        """Open the page, with its token."""
        # A file that only this user may read: what stands on the command line of a browser can be seen by all users.
        token = self.identity_provider.token
        address = self.connection_url + (f"?token={quote(token)}" if token else "")
        file = Path(self.connection_dir, "open.html")
        file.touch(mode=0o600)
        file.write_text(f'<meta charset="utf-8"><meta http-equiv="refresh" content="0;url={escape(address)}">', "utf-8")
        self._open(file.as_uri())

    def _open(self, address: str) -> None:
        try:
            browser = webbrowser.get(self.browser or None)
        except webbrowser.Error as problem:
            self.log.warning("No web browser found: %s.", problem)
            return
        threading.Thread(target=lambda: browser.open(address, new=self.webbrowser_open_new)).start()


def _is_here(ip: str) -> bool:
    """True when only this machine reaches an address to listen on.

    >>> _is_here("localhost"), _is_here("127.0.0.1"), _is_here("::1"), _is_here("0.0.0.0"), _is_here("")
    (True, True, True, False, False)
    """
    try:
        return ip == "localhost" or ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False


TEMPLATE = """{%- extends 'voila/templates/lab/index.html.j2' -%}
{% import "spinner.macro.html.j2" as spinner %}
{# The page of Voila without the icons that it asks a network for. #}
{%- block notebook_css -%}
{{ resources.include_js("static/voila-style.js") }}
{{ spinner.css() }}
{{ super.super() }}
<style>
html, body { color-scheme: light dark; background: light-dark(#ffffff, #0f1520) !important }
body[data-jp-theme-light="true"] { color-scheme: light } body[data-jp-theme-light="false"] { color-scheme: dark }
.jp-mod-noOutputs.jp-mod-noInput, .jp-OutputPrompt, .jp-Cell-inputWrapper { display: none !important }
#rendered_cells, #rendered_cells > div, .jp-Cell, .jp-Cell-outputWrapper, .jp-OutputArea-output
{ padding: 0 !important; margin: 0 !important }
.qr-desk { border: 0 !important; border-radius: 0 !important; min-height: 100vh }
</style>
{%- endblock notebook_css -%}
{%- block footer_js -%}{%- endblock footer_js -%}
"""
"""Of the page: what Voila calls a template."""
BY_ITSELF = """<script>
document.body.classList.remove("theme-light", "theme-dark");
document.body.removeAttribute("data-jp-theme-light");
</script>"""
"""Leaves the choice of light and dark to the system."""


def serve_with(folder: Path, theme: str) -> list[str]:
    """Write the template of the page where Voila finds it, with the folder among the paths of Jupyter.

    Parameters
    ----------
    folder : Path
    theme : {"auto", "light", "dark"}

    Returns
    -------
    list of str
        Options of Voila.
    """
    place = folder / "voila" / "templates" / "qresearch"
    place.mkdir(parents=True)
    (place / "conf.json").write_text('{"base_template": "lab"}', "utf-8")
    script = BY_ITSELF if theme == "auto" else ""
    (place / "index.html.j2").write_text(TEMPLATE.replace("footer_js -%}{%-", f"footer_js -%}}{script}{{%-"), "utf-8")
    return ["--template=qresearch", f"--theme={'dark' if theme == 'dark' else 'light'}"]


def main(argv: Sequence[str]) -> None:
    """Serve a notebook as a page until it is stopped.

    Parameters
    ----------
    argv : sequence of str
        The notebook, and options of Voila.
    """
    Page.launch_instance(list(argv))


if __name__ == "__main__":
    main(sys.argv[1:])
