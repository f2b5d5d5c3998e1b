"""The parser of the command line, which answers what it does not know with what is near."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any

from qresearch.errors import close_matches, did_you_mean


class Parser(argparse.ArgumentParser):
    """A parser of a command, and of those below it.

    Examples
    --------
    >>> parser = Parser(prog="draw")
    >>> _ = parser.add_argument("--colour")
    >>> parser.taken(["--colour", "red"]).colour
    'red'
    """

    def taken(self, words: Sequence[str]) -> argparse.Namespace:
        """What is asked for; an argument that the command does not take ends the program."""
        options: argparse.Namespace
        options, unknown = self.parse_known_args(words)
        if unknown:
            parser: Parser = options.parser
            known = dict.fromkeys(re.findall(r"--[a-z-]+", parser.format_help()))
            near = did_you_mean(close_matches(unknown[0].partition("=")[0], known))
            parser.error(f"unknown argument {unknown[0]!r}. {near}".rstrip())
        return options

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Options, which know the parser of the innermost command, and what is none of its arguments."""
        options, unknown = super().parse_known_args(args, namespace)
        if not hasattr(options, "parser"):
            options.parser = self
        return options, unknown
