"""The command line: ``qresearch demo``, ``lab``, ``app``, ``run`` and ``data``."""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import traceback
import warnings
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import qresearch
from qresearch import channel, data_cli, demo, reference
from qresearch.command_parser import Parser
from qresearch.dialects import DIALECTS, dialect_hint
from qresearch.domain.fees import PARTS
from qresearch.engine.accounts.kinds import ACCOUNTS
from qresearch.engine.tariffs import COST_PRESETS
from qresearch.errors import MarketWarning, NotSupported, QresearchError, StrategyError, UsageError
from qresearch.files import PAGE, check_file, told, write_text
from qresearch.market.market import Market
from qresearch.sentences import LANGUAGES
from qresearch.sentences.words import price
from qresearch.session.results import results_folder
from qresearch.session.session import Session
from qresearch.sources.sample import sample_market
from qresearch.sources.tabular import read_market
from qresearch.views.panels.cells import LOOKS

WIDTH = 110
"""Columns of a terminal that all text fits."""

INDEX = "00_index.ipynb"
APP_EXTENSIONS = ("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget")
"""Extensions of the front end that the panels need."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; default those of the process.

    Returns
    -------
    int
        Exit code: 0 when all went well, 1 when checked data would be refused, 2 after a message about what was wrong.

    Examples
    --------
    >>> main(["run", "missing.py", "--data", "sample"])
    2
    """
    words = list(sys.argv[1:] if argv is None else argv)
    cut = words.index("--") if "--" in words else len(words)
    options = _parser().taken(words[:cut])
    options.extra = words[cut + 1 :]
    if options.extra and options.command not in {_lab, _app}:
        _parser().error("only 'qresearch lab' and 'qresearch app' pass words after '--' on")
    try:
        code: int = options.command(options)
    except StrategyError as problem:
        told = f"{problem}{dialect_hint(problem.__cause__)}"
        print(f"{_own_traceback(problem.__cause__)}{_wrapped(told)}", file=sys.stderr)
        return 2
    except (QresearchError, OSError) as problem:
        print(f"qresearch: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    return code


def _parser() -> Parser:
    parser = Parser(
        prog="qresearch",
        description="Step a market day by day, place orders, go back, and see why each did what it did.",
    )
    parser.add_argument("--version", action="version", version=f"qresearch {qresearch.__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    demo = commands.add_parser("demo", help="run a short story on the embedded market and write a page to open")
    demo.add_argument("--out", type=Path, default=Path("qresearch-demo.html"), help="page to write (%(default)s)")
    demo.set_defaults(command=_demo)

    lab = commands.add_parser(
        "lab", help="open the notebooks in JupyterLab", description="Words after '--' are passed on to JupyterLab."
    )
    lab.set_defaults(command=_lab)

    _add_app(commands)

    docs = commands.add_parser("docs", help="write the reference of every public name as HTML pages")
    docs.add_argument("--out", type=Path, default=Path("qresearch-docs"), help="folder to write to (%(default)s)")
    docs.set_defaults(command=_docs)

    run = commands.add_parser("run", help="run a strategy without a notebook and write what happened as files")
    run.add_argument("strategy", type=Path, help="a .py file that defines handle_data(context, data)")
    run.add_argument(
        "--data", required=True, help="a .csv or .parquet file of bars, a folder, or 'sample' for the embedded market"
    )
    run.add_argument("--dialect", choices=list(DIALECTS), help="run a script written for that system")
    run.add_argument(
        "--table",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="a table that a script of a dialect asks for, such as valuation=valuation.parquet; may be repeated",
    )
    run.add_argument("--start", help="first trading day, such as 2024-01-31 (default: the first of the data)")
    run.add_argument("--end", help="last trading day (default: the last of the data)")
    run.add_argument("--cash", type=float, default=1_000_000, help="money to start with (%(default)s)")
    run.add_argument("--account", choices=list(ACCOUNTS), help="the kind of account (cash_shares; lean: margin_us)")
    run.add_argument("--clock", choices=["next_open", "same_bar"], help="when an order trades (next_open)")
    run.add_argument("--costs", choices=list(COST_PRESETS), help="what trading costs (default)")
    run.add_argument(
        "--out",
        type=Path,
        default=Path("qresearch-run"),
        help="folder to write to; only files of an earlier run are replaced (%(default)s)",
    )
    run.add_argument("--format", choices=["parquet", "csv"], default="parquet", help="of the files (%(default)s)")
    run.set_defaults(command=_run)

    data_cli.add_commands(commands)
    return parser


def _add_app(commands: argparse._SubParsersAction[Parser]) -> None:
    """The words of ``qresearch app``."""
    app = commands.add_parser(
        "app", help="open the workbench as a page of its own", description="Words after '--' are passed on to Voila."
    )
    app.add_argument(
        "--data", default="sample", help="a file of bars, a folder, or 'sample' for the embedded market (%(default)s)"
    )
    app.add_argument("--symbol", help="what to look at first (default: the first that can be traded)")
    app.add_argument("--start", help="first trading day (default: with 120 days before it to be seen)")
    app.add_argument("--end", help="last trading day (default: the last of the data)")
    app.add_argument("--cash", type=float, default=100_000, help="money to start with (%(default)s)")
    app.add_argument("--strategy", type=Path, help="a .py file that is called as the days go by")
    app.add_argument("--language", choices=LANGUAGES, default="en", help="of all that is said (%(default)s)")
    app.add_argument("--theme", choices=LOOKS, default="auto", help="default: as the system prefers")
    app.set_defaults(command=_app)


def _run(options: argparse.Namespace) -> int:
    began = time.perf_counter()
    results_folder(options.out, options.format)  # a run is not made for results that cannot be kept
    # What the market has to say comes once, at the end, among the notices.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarketWarning)
        market = _market(options.data)
        session = _session(options, market)
        print(_wrapped(f"{options.strategy.name} on {market!r}"), flush=True)
        session.run(progress=sys.stderr.isatty())
    written = session.save_results(options.out, options.format)
    print(_summary(session))
    print("\n" + _wrapped(f"Wrote to {options.out}/: {', '.join(path.name for path in written)}"))
    print(f"Took {time.perf_counter() - began:.1f} s.")
    return 0


def _session(options: argparse.Namespace, market: Market) -> Session:
    span = {key: got for key in ("start", "end", "cash", "account") if (got := getattr(options, key)) is not None}
    if options.dialect is None:
        if options.table:
            raise UsageError(f"--table {options.table[0]}: tables belong to a script of a dialect. Add --dialect.")
        costs, clock = options.costs or "default", options.clock or "next_open"
        return Session(market, **span, costs=costs, clock=clock, strategy=options.strategy)
    tables = dict(entry.split("=", 1) for entry in options.table if "=" in entry)
    if len(tables) != len(options.table):
        raise UsageError(f"--table {options.table!r}: write each as NAME=FILE, such as valuation=valuation.parquet.")
    for name, file in tables.items():
        if not Path(file).is_file():
            raise UsageError(f"--table {name}={file}: there is no such file. Pass the path of a Parquet or CSV file.")
    for name in ("clock", "costs"):
        if (value := getattr(options, name)) is not None:
            raise UsageError(f"--{name} {value}: the {name} is set by --dialect {options.dialect}. Leave it out.")
    return Session.from_script(options.strategy, market, **span, dialect=options.dialect, data=tables)


def _market(data: str) -> Market:
    if data == "sample" and not Path(data).exists():
        return sample_market()
    return read_market(data)


def _own_traceback(problem: BaseException | None) -> str:
    """A traceback without our frames, so that it shows the user's own lines."""
    if problem is None:
        return ""
    told = traceback.TracebackException.from_exception(problem)
    package = str(Path(__file__).parent)
    told.stack = traceback.StackSummary.from_list(
        [frame for frame in told.stack if not frame.filename.startswith(package)]
    )
    return "".join(told.format(chain=False)) + "\n"


def _summary(session: Session) -> str:
    """What a run came to."""
    orders, fills, portfolio, equity = session.orders, session.fills, session.portfolio, session.equity
    span = f", {equity.index[0]:%Y-%m-%d} to {equity.index[-1]:%Y-%m-%d}" if len(equity) else ""
    states = ", ".join(f"{count:,} {state}" for state, count in orders["status"].value_counts().items())
    fees = ", ".join(f"{name.replace('_', ' ')} {fills[name].sum():,.2f}" for name in PARTS)
    unfilled = orders[orders["status"].isin(["REJECTED", "EXPIRED"]) & (orders["filled"] == 0)]
    rows = [
        ("Trading days", f"{len(equity):,}{span}"),
        ("Orders", f"{len(orders):,}" + (f": {states}" if states else "")),
        ("Fills", f"{len(fills):,}, {fills['notional'].sum():,.2f} traded"),
        ("Fees", fees),
        ("Final equity", f"{portfolio.equity:,.2f}"),
        ("Total return", f"{portfolio.nav - 1:+.2%}" if portfolio.starting_equity else "-"),
    ]
    if len(session.account.all) > 1:  # the rows above are those of the first one
        rows.append(("All accounts", repr(session.account.all)))
    lines = [f"{name:<14}{value}" for name, value in rows]
    if len(unfilled):
        lines += ["Without a fill, by reason"]
        lines += [f"  {reason:<24}{count:>7,}" for reason, count in unfilled["reason"].value_counts().items()]
    notices = [*session.notices, *([session.message] if session.message else [])]
    if notices:
        lines.append("Notices")
        lines += [textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="    ") for text in notices]
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------- lab


def _lab(options: argparse.Namespace) -> int:
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(_notebooks() / INDEX), channel.USE, *options.extra])


def _app(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("voila") is None:
        raise NotSupported(
            "'qresearch app' needs voila. Install it with: pip install 'qresearch[app]'. "
            "Or open the workbench in JupyterLab: qresearch lab."
        )
    from qresearch.app import serve_with  # noqa: PLC0415  # needs voila

    cell = _bench(options)
    # Extensions of other packages have no place on the page, and some fail there.
    allowed = [f"--VoilaConfiguration.extension_allowlist={name}" for name in APP_EXTENSIONS]
    with tempfile.TemporaryDirectory(prefix="qresearch-app-") as made:
        folder = Path(made)
        page = serve_with(folder, options.theme)
        notebook = folder / "qresearch.ipynb"
        notebook.write_text(_notebook(cell), "utf-8")
        paths = os.pathsep.join([made, *filter(None, [os.environ.get("JUPYTER_PATH")])])
        command = [sys.executable, "-m", "qresearch.app", str(notebook), *page, *allowed, *options.extra]
        return subprocess.call(command, env=os.environ | {"JUPYTER_PATH": paths})


def _bench(options: argparse.Namespace) -> str:
    """What the page runs: a session as it was asked for, and its workbench; wrong wishes are told before."""
    market = _market(options.data)
    is_sample = options.data == "sample" and not Path(options.data).exists()
    strategy = None if options.strategy is None else str(options.strategy.resolve())
    # Some days lie before the start, so that the chart has something to show.
    start = options.start or ("2022-03-11" if is_sample else str(market.days[min(120, len(market.days) // 2)]))
    symbol = options.symbol or ("604018" if is_sample else None)
    chosen = {"start": start, "end": options.end, "cash": options.cash, "strategy": strategy}
    chosen |= {"language": options.language}
    Session(market, **chosen)
    read = "qr.sample_market()" if is_sample else f"qr.read_market({str(Path(options.data).resolve())!r})"
    words = ", ".join(f"{name}={value!r}" for name, value in chosen.items())
    lines = [
        "import qresearch as qr",
        f"session = qr.Session({read}, {words})",
        f"panels = session.panels(theme={options.theme!r})",
    ]
    if symbol is not None:
        lines.append(f"panels.desk.select(symbol={market.symbols[market.column(symbol)]!r})")
    return "\n".join([*lines, "panels.workbench()"])


def _notebook(cell: str) -> str:
    """A notebook of one cell."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made: dict[str, object] = {"cell_type": "code", "id": "bench", "metadata": {}, "outputs": [], "source": cell}
    made["execution_count"] = None
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [made]})


def _docs(options: argparse.Namespace) -> int:
    print(f"Open this page in a browser: {reference.write_reference(options.out).resolve()}")
    return 0


def _notebooks() -> Path:
    """The folder to open: that of the checkout, else a copy in the current folder.

    Raises
    ------
    UsageError
        The installation holds no notebooks; install qresearch again.
    """
    root = Path(__file__).parents[1]
    if (root / "notebooks" / INDEX).exists() and (root / "pyproject.toml").exists():
        return root / "notebooks"
    try:
        shipped = [Path(str(file.locate())) for file in files("qresearch") or () if file.suffix == ".ipynb"]
    except PackageNotFoundError:
        shipped = []
    found = [path for path in shipped if path.exists()]
    if not found:
        raise UsageError("This installation of qresearch holds no notebooks. Install it again with pip.")
    target = Path("qresearch-notebooks")
    with told("lab", target):
        for path in found:
            place = target / ("zh" if path.parent.name == "zh" else "") / path.name
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():  # what the user has changed stays
                shutil.copyfile(path, place)
    print(f"Notebooks are in {target.resolve()}/ (files that were there already are kept).")
    return target


# ---------------------------------------------------------------------------------------- demo


def _demo(options: argparse.Namespace) -> int:
    check_file(options.out, "demo")
    recordings = [options.out.with_name(f"{options.out.stem}-{name}.html") for name in ("by-hand", "strategy")]
    for file in recordings:
        check_file(file, "demo")
    session = demo.hand_session()
    scenes = []
    print("By hand, on the embedded market")
    for scene in demo.by_hand(session):
        scenes.append(scene)
        print(f"\n{scene.words}\n>>> {scene.code}\n{_wrapped(scene.answer)}")
    print(f"\nOrders of this branch\n\n{_order_text(session)}")
    print(f"\nAccount\n\n{_account_text(session)}")
    print(f"\nA strategy: {inspect.getdoc(demo.momentum)}\n")
    robot = demo.robot_session()
    print(_summary(robot))
    page = write_text(options.out, demo.page(session, scenes, robot, [file.name for file in recordings]), PAGE, "demo")
    for run, file in zip((session, robot), recordings, strict=True):
        run.save_recording(file)
        print(f"\nA recording, to step through: {file.resolve()}")
    print(f"\nOpen this page in a browser: {page.resolve()}")
    return 0


def _wrapped(text: str) -> str:
    """Long lines broken; the rest of a line stands under its beginning."""
    return "\n".join(
        textwrap.fill(line, WIDTH, subsequent_indent=" " * (len(line) - len(line.lstrip()) + 4))
        for line in text.splitlines()
    )


def _text_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Aligned columns; a head that ends in ``>`` is right-aligned."""
    cells = [[name.rstrip(">") for name in head], *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    pads = [str.rjust if name.endswith(">") else str.ljust for name in head]
    lines = ["  ".join(pad(cell, width) for pad, cell, width in zip(pads, row, widths, strict=True)) for row in cells]
    return "\n".join(line.rstrip() for line in [lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _order_text(session: Session) -> str:
    orders = session.orders
    lines = [_text_table(demo.ORDER_HEAD, demo.order_rows(orders))]
    for order_id, order in orders[orders["reason"] != ""].iterrows():
        lines.append(textwrap.fill(f"{order_id}: {order['why']}", WIDTH, subsequent_indent="   "))
    return "\n".join(lines)


def _account_text(session: Session) -> str:
    portfolio = session.portfolio
    head = ("Symbol", "Quantity>", "Sellable>", "Locked>", "Average cost>", "Price>", "Market value>", "Profit>")
    rows = [
        [held.symbol, f"{held.quantity:,}", f"{held.sellable:,}", f"{held.locked:,}", price(held.average_cost),
         price(held.price), f"{held.market_value:,.2f}", f"{held.profit:+,.2f}"]
        for held in portfolio.positions.values()
    ]  # fmt: skip
    line = f"Cash {portfolio.cash:,.2f} + shares {portfolio.market_value:,.2f} = equity {portfolio.equity:,.2f}"
    return f"{_text_table(head, rows)}\n{line}; profit {portfolio.profit:+,.2f}"
