"""Files of a script: those that the user brought, and those that it writes, which the memory of the session keeps."""

from __future__ import annotations

import re
from typing import Any

from qresearch.dialects.data.platform import Platform
from qresearch.errors import UsageError


class Files:
    """``read_file`` and ``write_file`` for one script.

    Parameters
    ----------
    platform : Platform
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def _known(self) -> dict[str, Any]:
        return {**self._platform.tables.files(), **self._platform.state.get("files", {})}

    def read_file(self, path: str) -> bytes:
        """A file that the script wrote, or that the user brought: ``data={'files': {name: text or bytes}}``."""
        files, name = self._known(), _file_name(path)
        if name not in files:
            raise UsageError(
                f"read_file({path!r}): this session was given no such file. Pass it: "
                f"data={{'files': {{{name!r}: text_or_bytes}}}}."
            )
        held = files[name]
        return held if isinstance(held, bytes) else str(held).encode()

    def write_file(self, path: str, content: Any, append: bool = False) -> None:  # as documented
        """Keep a file in the memory of the session, for read_file; a run leaves nothing behind on the disk."""
        platform, name = self._platform, _file_name(path)
        platform.host.tell(f"write_file({path!r}) is kept for read_file only: a run leaves no files behind.", "ignored")
        before = self.read_file(path) if append and name in self._known() else b""
        added = content if isinstance(content, bytes) else str(content).encode()
        platform.state["files"] = {**platform.state.get("files", {}), name: before + added}


def _file_name(path: Any) -> str:
    return re.sub(r"^\./", "", str(path))
