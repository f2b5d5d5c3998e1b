"""The commands of ``qresearch data``: fetch from a vendor, list what is kept, check what is odd, save to open fast."""

from __future__ import annotations

import argparse
import sys
import textwrap
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from qresearch.command_parser import Parser
from qresearch.errors import MarketWarning
from qresearch.market.market import Market
from qresearch.market.stored import altered, check_target, is_stored, save_market
from qresearch.sources.cache import Cache, Held
from qresearch.sources.inspection import SEVERITIES, Inspection, inspect
from qresearch.sources.sight import EXAMPLES, Finding
from qresearch.sources.tabular import read_market
from qresearch.sources.writing import write_market

WIDTH = 110
VENDORS = ("akshare", "baostock")
_KINDS = ".csv or .parquet file, folder of them, qlib folder or RQAlpha bundle"


def add_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add ``data`` with ``fetch``, ``list``, ``check`` and ``save`` to the commands of the program."""
    data = commands.add_parser("data", help="fetch market data, list what is kept, check what is odd, save it")
    actions = data.add_subparsers(required=True, metavar="fetch|list|check|save")

    fetch = actions.add_parser(
        "fetch",
        help="fetch daily bars from a vendor into the cache",
        description="What is in the cache is not fetched again; an interrupted fetch goes on where it stopped.",
    )
    fetch.add_argument("vendor", choices=VENDORS, help="where from; install it with pip install 'qresearch[VENDOR]'")
    fetch.add_argument("--symbols", nargs="+", help="such as 600519 000001.SZ; or use --index")
    fetch.add_argument("--index", help="the members of this index instead, such as 000300.SH")
    fetch.add_argument("--start", required=True, help="first day, such as 2020-01-01")
    fetch.add_argument("--end", help="last day (default: yesterday)")
    fetch.add_argument("--out", type=Path, help="also write the market as files into this folder")
    fetch.add_argument("--cache", type=Path, help="folder of the cache (default: the user's cache folder)")
    fetch.set_defaults(command=_fetch)

    listing = actions.add_parser("list", help="list what the cache holds")
    listing.add_argument("--all", action="store_true", help="every entry, not only sums")
    listing.add_argument("--cache", type=Path, help="folder of the cache (default: the user's cache folder)")
    listing.set_defaults(command=_list)

    check = actions.add_parser(
        "check",
        help="report what is odd in a file or folder of market data",
        description="Exit code 0: everything can be read; 1: rows would be refused, or saved files were altered.",
    )
    check.add_argument("path", type=Path, help=f"{_KINDS}, or saved market")
    check.add_argument("--adjusted", action="store_true", help="the prices were adjusted by the vendor")
    check.set_defaults(command=_check)

    save = actions.add_parser(
        "save",
        help="save market data into a folder that is opened at once",
        description="Whatever takes --data takes the folder. What is odd in the data is told by 'check'.",
    )
    save.add_argument("path", type=Path, help=_KINDS)
    save.add_argument("folder", type=Path, help="a new folder, of the market alone")
    save.add_argument("--adjusted", action="store_true", help="the prices were adjusted by the vendor")
    save.add_argument("--replace", action="store_true", help="take the place of a market that was saved there")
    save.set_defaults(command=_save)


def _fetch(options: argparse.Namespace) -> int:
    from qresearch.sources.fetching import fetch_market  # noqa: PLC0415  # the other commands ask no network

    market = fetch_market(
        options.vendor, options.symbols, options.start, options.end,
        index=options.index, cache=options.cache, progress=sys.stderr.isatty(),
    )  # fmt: skip
    print(market)
    _print_notes(market)
    print(f"Kept in {Cache(options.cache).folder}")
    if options.out is not None:
        paths = write_market(market, options.out)
        print(f"Wrote {', '.join(path.name for path in paths)} to {options.out}; read them with\n")
        print(f"    qr.read_market({str(paths[0])!r})")
    return 0


def _print_notes(market: Market) -> None:
    print(*(_filled(note, "  ") for note in market.notes), sep="\n")


def _list(options: argparse.Namespace) -> int:
    cache = Cache(options.cache)
    entries = list(cache.entries())
    print(f"Cache {cache.folder}: {len(entries):,} entries, {sum(held.size for held in entries) / 1e6:,.1f} MB")
    if not entries:
        print("It is empty. Fill it with: qresearch data fetch baostock --symbols 600519 --start 2020-01-01")
    if options.all:
        for held in entries:
            state = f"{held.start} to {held.end}, {held.rows:,} rows" if held.whole else "damaged, fetched again"
            print(f"  {held.key:<44}{state}")
    else:
        print(*(f"  {line}" for line in _sums(entries)), sep="\n")
    return 0


def _sums(entries: list[Held]) -> Iterator[str]:
    """One line for every vendor and kind of table."""
    kinds: defaultdict[str, list[Held]] = defaultdict(list)
    for held in entries:
        kinds["/".join(held.key.split("/")[:2])].append(held)
    for kind, group in kinds.items():
        whole = [held for held in group if held.whole]
        span = f", {min(held.start for held in whole)} to {max(held.end for held in whole)}" if whole else ""
        broken = f", {len(group) - len(whole)} damaged (fetched again)" if len(whole) < len(group) else ""
        yield f"{kind:<24}{len(group):>6,} entries, {sum(held.rows for held in whole):,} rows{span}{broken}"


def _save(options: argparse.Namespace) -> int:
    check_target(options.folder, "save_market", replace=options.replace)
    market = read_market(options.path, adjusted=options.adjusted)
    folder = save_market(market, options.folder, replace=options.replace)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(_filled(repr(market), ""))
    _print_notes(market)
    print(f"Saved in {folder}, {size / 1e6:,.1f} MB; open it with\n\n    qr.read_market({str(folder)!r})")
    return 0


def _check_saved(folder: str | Path) -> int:
    """Look at every byte of a saved market."""
    wrong, name = altered(folder), Path(folder).name
    if wrong:
        print(f"{name}: altered since the market was saved: {', '.join(f'{field}.npy' for field in wrong)}")
        print("Save the market again, or bring the folder from where it is whole.")
        return 1
    market = read_market(folder)
    print(f"{name}: a saved market, whole and as it was saved.")
    print(_filled(repr(market), "  "))
    _print_notes(market)
    return 0


def _check(options: argparse.Namespace) -> int:
    if is_stored(options.path):
        return _check_saved(options.path)
    with warnings.catch_warnings():
        # What the market has to say stands among its notes.
        warnings.simplefilter("ignore", MarketWarning)
        found = inspect(options.path, adjusted=options.adjusted)
    print("\n".join(_report(options.path, found)))
    return 1 if found.refused else 0


def _report(path: Path, found: Inspection) -> Iterator[str]:
    """A report as lines of text."""
    counts = [sum(item.severity == severity for item in found.findings) for severity in SEVERITIES]
    told = ", ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in zip(counts, SEVERITIES, strict=True))
    yield f"{path.name}: {found.rows:,} rows, {told}"
    if found.market is not None:
        yield _filled(f"Read as {found.market!r}" + " without the refused rows" * found.refused, "  ")
        yield from (_filled(note, "  ") for note in found.market.notes)
    for finding in found.findings:
        yield ""
        yield from _lines(finding)
    yield ""
    if found.refused:
        yield "Rows would be refused: correct what is named under errors, then check again."
    else:
        yield "Nothing is refused: qr.read_market reads it all."


def _lines(finding: Finding) -> Iterator[str]:
    yield _filled(f"{finding.severity.upper()} {finding.kind}: {finding.count:,} x {finding.what}", "")
    yield from (_filled(example, "    ") for example in finding.examples)
    if finding.count > len(finding.examples) >= EXAMPLES:
        yield "    ..."
    yield _filled(f"-> {finding.consequence}", "  ")


def _filled(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "   ")
