"""Scripts of XtQuant as strategies, and its modules in a notebook."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

from qresearch.dialects.script import loader
from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.script.text import show_source
from qresearch.dialects.xtquant.callbacks import XtQuantTraderCallback
from qresearch.dialects.xtquant.desk import Desk
from qresearch.dialects.xtquant.family import MARK, family
from qresearch.dialects.xtquant.hand import ByHand
from qresearch.dialects.xtquant.play import Play
from qresearch.domain.settings import COUNTER
from qresearch.errors import NotSupported, UsageError, choose
from qresearch.session.strategy import Hooks
from qresearch.session.traces import file_name, load_error

if TYPE_CHECKING:
    from qresearch.session.port import AnySession
    from qresearch.session.strategy import Hosting


@dataclass(frozen=True, eq=False)
class Script(loader.Script):
    """A script of XtQuant as a strategy of a session; the parameters are those of every script.

    `data` may hold "sectors" (sector, code), "ipo" (see ``query_ipo_data``) and tables of companies by their names.
    With ``strict=True`` calls that hang a real client raise.
    """

    strict: bool = False

    def options(self) -> dict[str, Any]:
        """Options of a session that runs it."""
        return {"clock": COUNTER}

    def load(self, hosting: Hosting) -> Hooks:
        """Bring the script to the shape of a strategy; called by the session."""
        host, file = ScriptHost(hosting), self.file
        if host.exchange.clock.name != COUNTER:
            raise UsageError(_OTHER_CLOCK)
        try:
            code = compile(self.text, file, "exec")
        except (SyntaxError, ValueError) as problem:
            raise load_error(problem, file_name(file), file) from problem
        show_source(file, self.text)
        _refuse_the_window(self.text)

        def main(words: dict[str, Any]) -> None:
            try:
                exec(code, {"__name__": "__main__", "__file__": file, "__builtins__": words})  # the user's own script
            except SystemExit as problem:
                if isinstance(problem.code, str):
                    words["print"](problem.code)  # as Python does

        _close(hosting.session.strategy)
        tables: Mapping[str, Any] = self.data or {}
        play = Play(host, main, file, strict=bool(self.strict), tables=tables)
        play.script = self
        host.read_scripts_with(self.with_text)
        return Hooks(self.name, {}, [], play, play.phases())


_OTHER_CLOCK = (
    "XtQuant's orders are checked inside the call and matched after it, which is the clock 'counter': open the session "
    "with Session(market, clock='counter'); Session.from_script(script, market, dialect='xtquant') does so itself."
)


def _refuse_the_window(text: str) -> None:
    """Refuse a script that QMT itself calls bar by bar: run as a program it would do nothing at all.

    Raises
    ------
    NotSupported
        It has a handlebar that it does not call itself; write it as a program with an XtQuantTrader.
    """
    tree = ast.parse(text)
    has_one = any(isinstance(part, ast.FunctionDef) and part.name == "handlebar" for part in tree.body)
    if has_one and not any(isinstance(part, ast.Name) and part.id == "handlebar" for part in ast.walk(tree)):
        raise NotSupported(
            "This is a script of QMT's own window: QMT calls its handlebar(ContextInfo) bar by bar, and gives it "
            "passorder and the like. Programs run here that import xtquant and order through an XtQuantTrader: write "
            "what handlebar does as one of those, with xtdata.get_market_data_ex and trader.order_stock."
        )


def _close(hooks: Hooks) -> None:
    """End the script that a session runs, where it is one of these."""
    if isinstance(hooks.target, (Play, ByHand)):
        hooks.target.close()


# ---------------------------------------------------------------------------------------- with a script


def restart(session: AnySession) -> None:
    """Run the script of a session again from the start, on a branch of its own.

    Parameters
    ----------
    session : Session

    Raises
    ------
    UsageError
        No script of XtQuant runs in it: open one with ``Session.from_script(..., dialect="xtquant")``.
    """
    play = _play(session)
    session.goto(0)
    session.strategy = play.script


def disconnect(session: AnySession) -> None:
    """Lose the connection of every trader: on_disconnected is called, and whoever wants it back connects again.

    Parameters
    ----------
    session : Session
    """
    for link in list(_desk(session).listeners):
        link.lose()


def stop_at(session: AnySession, callback: str) -> Any:
    """A breakpoint: ``run`` stops where a callback was called.

    Parameters
    ----------
    session : Session
    callback : str
        Its name, such as "on_stock_trade".

    Returns
    -------
    Breakpoint
    """
    choose("callback", callback, [name for name in dir(XtQuantTraderCallback) if name.startswith("on_")])
    _desk(session)

    def called(session: AnySession) -> bool:
        return callback in _desk(session).called

    called.__name__ = callback
    return session.breakpoints.add(called, name=callback)


def _desk(session: AnySession) -> Desk:
    """The counter of a session, with a script or by hand."""
    target = session.strategy.target
    desk = target.desk if isinstance(target, ByHand) else _play(session).desk
    assert desk is not None  # it is there as soon as the session has it
    return desk


def _play(session: AnySession) -> Play:
    target = session.strategy.target
    if not isinstance(target, Play):
        raise UsageError(
            "No script of XtQuant runs in this session. Open one with Session.from_script(script, market, "
            "dialect='xtquant')."
        )
    return target


# ---------------------------------------------------------------------------------------- in a notebook


_active: dict[str, Any] = {}
"""The session whose trader can be imported, and what stood in the import table before; empty without one."""


def activate(session: AnySession, *, strict: bool = False, force: bool = False) -> None:
    """Make ``xtquant`` importable over a session: ``from xtquant.xttrader import XtQuantTrader`` and all other forms.

    Cells are then the script: an order of a trader is an order by hand, and callbacks come when the cell has run and
    while the session is stepped. No clock is changed outside of scripts: ``time.sleep`` waits in vain.

    Parameters
    ----------
    session : Session
        On the clock "counter" and without a strategy; before its first day it steps to 09:00 of it.
    strict : bool
        True: calls that hang a real client raise.
    force : bool
        Hide a real client that could be imported.

    Raises
    ------
    UsageError
        A real client is importable, another session is active, or the session has a strategy or another clock.
    """
    if _active:
        raise UsageError("xtquant is already that of a session. Call deactivate() first.")
    if not force and _real_client():
        raise UsageError(
            "The real client of xtquant can be imported here: a script that means it and gets the simulated one, or "
            "the other way round, is dangerous. Use an environment without it, or activate(session, force=True)."
        )
    if session.strategy.target is not None:
        raise UsageError(f"The session has a strategy, {session.strategy.name!r}. Use one without it.")
    if session.simulation.exchange.clock.name != COUNTER:
        raise UsageError(_OTHER_CLOCK)
    hand = ByHand(session, strict=strict)
    session.strategy = hand
    assert hand.desk is not None  # it has just been loaded
    assert hand.quotes is not None  # as above
    if hand.desk.host.phase < 0:
        session.step(phase="PRE_OPEN")
    modules = family(hand.desk, hand.quotes)
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "xtquant"}
    sys.modules.update(modules)
    _active.update(hidden=hidden, hand=hand, session=session, settle=_after_cells(hand.settle))
    print("xtquant is that of qresearch now: the simulated exchange answers, no order leaves this machine.")


def deactivate() -> None:
    """Take ``xtquant`` out of the import table again; what was there before is put back."""
    if not _active:
        return
    for name in [name for name in sys.modules if name.partition(".")[0] == "xtquant"]:
        if hasattr(sys.modules[name], MARK):
            del sys.modules[name]
    sys.modules.update(_active["hidden"])
    _active["settle"]()
    _active["hand"].close()
    session = _active["session"]
    _active.clear()
    session.strategy = None


@contextmanager
def installed(session: AnySession, *, strict: bool = False, force: bool = False) -> Iterator[dict[str, ModuleType]]:
    """As :func:`activate` for a while; parameters and errors as there.

    Examples
    --------
    >>> import qresearch as qr
    >>> from qresearch.dialects import xtquant
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", clock="counter")
    >>> with xtquant.installed(session):
    ...     from xtquant.xttrader import XtQuantTrader
    ...     from xtquant.xttype import StockAccount
    ...     trader, account = XtQuantTrader("userdata_mini", 1), StockAccount("1000000365")
    ...     (trader.connect(), trader.subscribe(account))
    xtquant is that of qresearch now: the simulated exchange answers, no order leaves this machine.
    (0, 0)
    """
    activate(session, strict=strict, force=force)
    try:
        yield {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "xtquant"}
    finally:
        deactivate()


def _real_client() -> bool:
    """True where the native part of the real package could be loaded; nothing is imported to see it."""
    if any(name.partition(".")[0] == "xtquant" and not hasattr(module, MARK) for name, module in sys.modules.items()):
        return True
    spec = PathFinder.find_spec("xtquant")
    folders = None if spec is None else spec.submodule_search_locations
    return folders is not None and any(
        PathFinder.find_spec(f"xtquant.{name}", list(folders)) is not None for name in ("xtpythonclient", "datacenter")
    )


def _after_cells(settle: Callable[[], None]) -> Callable[[], None]:
    """Have something called after each cell of a notebook; the answer ends it."""
    if importlib.util.find_spec("IPython") is None:
        return lambda: None
    from IPython.core.getipython import get_ipython  # noqa: PLC0415  # only where there are cells

    shell = get_ipython()
    if shell is None:
        return lambda: None

    def after_cell(*_: object) -> None:
        settle()

    shell.events.register("post_run_cell", after_cell)
    return lambda: shell.events.unregister("post_run_cell", after_cell)
