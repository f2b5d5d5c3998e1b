"""Wrong arguments for everything public: a class of ours names the value and the remedy, or they are accepted.

The calls are generated from the public surface (:mod:`surface`): each parameter of each callable gets each of the
values below, and each callable an argument that it does not have and one too many.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from surface import DAYS, GOOD_OF, MARKET, OWNERS, SURFACE, A, Stage, bars

import qresearch as qr
from qresearch.cli import main
from qresearch.domain.terms import Kind
from qresearch.errors import InternalError, QresearchError, shown
from qresearch.session.trading import TradingApi


class Odd:
    """An object that nobody knows."""

    def __repr__(self) -> str:
        return "<Odd>"


TEXTS = {"text": "nonsense", "no": "no", "number": "100", "enum": Kind.LIMIT, "long": "x" * 200}
BAD_TEXTS = {"empty": "", "surrogate": "caf\udce9", "nul": "a\0b"}
TRUTHS = {"true": True, "false": False, "np bool": np.True_}
NUMBERS = {"zero": 0, "minus": -1, "half": 0.5, "five": 5, "million": 1_000_001}
BAD_NUMBERS = {
    "nan": float("nan"), "inf": float("inf"), "minus inf": float("-inf"), "1e300": 1e300, "10**30": 10**30,
    "10**5000": 10**5000, "complex": 1j, "nat": pd.NaT,
}  # fmt: skip
OBJECTS = {
    "none": None, "odd": Odd(), "bytes": b"x", "class": int, "lambda": lambda: 3, "old": dt.date(1990, 1, 1),
    "list": [], "nested": [[1]], "dict": {}, "set": {1}, "three": (1, 2, 3), "frame": pd.DataFrame(),
    "array": np.arange(3),
}  # fmt: skip
WRONG: dict[str, Any] = {**TEXTS, **BAD_TEXTS, **TRUTHS, **NUMBERS, **BAD_NUMBERS, **OBJECTS}

ANY_TEXT, POSITIVE, FINITE = [*TEXTS], ["half", "five", "million"], [*NUMBERS]
ACCEPTED: list[tuple[str, list[str], str]] = [
    ("exercises.check:answer", [*WRONG], "the answer of a reader may be anything: it is right or not yet"),
    ("exercises.seal:answer", ["text", "no", "number", "enum", "long"], "any word can be an answer"),
    ("session.save_recording:source", ["false", "np bool"], "with the code of the strategy or without"),
    ("exercises.check:expected", [name for name in WRONG if name != "class"], "whatever the answer is compared with"),
    ("exercises.check:digits", ["zero", "minus", "five"], "decimals, negative for tens"),
    ("*:hint", [*ANY_TEXT, "empty"], "words of a teacher"),
    ("*:tag", [*ANY_TEXT, "empty"], "a word of the user's own"),
    ("*:title", [*ANY_TEXT, "empty"], "a word of the user's own"),
    ("session.branch:name", ANY_TEXT, "a name"),
    ("accounts.branch:name", ANY_TEXT, "a name"), ("accounts.open:name", ANY_TEXT, "a name"),
    ("accounts.goto:where", ["zero", "minus"], "a stop, from the end when negative"),
    ("accounts.transfer:amount", POSITIVE, "an amount of money, refused as data where it is too much"),
    ("accounts.pay_in:amount", FINITE, "an amount of money, out when negative"),
    ("accounts.step:n", ["five", "million"], "as far as the session goes"),
    ("accounts.run:until", ["list"], "of no conditions none holds"),
    ("Session:accounts", ["dict"], "no accounts beside it"),
    ("branches.rename:new", ANY_TEXT, "a name"),
    ("breakpoints.add:name", ANY_TEXT, "a name"),
    ("log*:words", [*WRONG], "a log takes what it is given, as print does"),
    ("terms.*price", POSITIVE, "a price"),
    ("terms.trailing_stop:amount", POSITIVE, "a distance in the currency"),
    ("terms.trailing_stop:percent", ["half", "five"], "a percentage"),
    ("Terms:*price", POSITIVE, "a price"),
    ("Terms:trail", POSITIVE, "a distance"),
    ("ticket.update:limit_price", POSITIVE, "a price; the market tells whether it can be"),
    ("account.set_position:*price", POSITIVE, "a price"),
    ("account.set_position:last_price", ["zero", *POSITIVE], "warned of: the market has its own"),
    ("deeds.pay_in:amount", FINITE, "an amount of money, out when negative"),
    ("deeds.repay:amount", POSITIVE, "an amount of money"),
    ("deeds.give_back:quantity", ["five"], "shares"),
    ("sweep:seed", ["five", "million"], "a seed"), ("sweep:batch", ["five", "million"], "a number of runs"),
    ("sweep:n_jobs", ["minus", "five"], "workers, all of them when negative"),
    ("sweep:file", ANY_TEXT, "a file in the present folder"), ("sweep:shared", ANY_TEXT, "a folder in it"),
    ("*:until", ["old"], "a date; the order says that it is past"),
    ("Terms:good_till", ["old"], "as above"),
    ("session.run:until", ["list"], "of no conditions none holds"),
    ("*:start", ["old"], "a day before the data is their first day"),
    ("breakpoints.add:what", ["old"], "the first trading day after it"),
    ("*:when", ["number"], "a number is an expression"),
    ("watch:what", ["number"], "a number is an expression"),
    ("*:adjusted", [*TRUTHS], "yes or no"), ("*:positions_paid", [*TRUTHS], "yes or no"),
    ("*:open_order_margin", [*TRUTHS], "yes or no"), ("*:strict", [*TRUTHS], "yes or no"),
    ("*:verify", [*TRUTHS], "yes or no"), ("*:progress", [*TRUTHS], "yes or no"), ("*:debug", [*TRUTHS], "yes or no"),
    ("*:rerun", [*TRUTHS], "yes or no"), ("*:historical", [*TRUTHS], "yes or no"),
    ("*:trail_is_fraction", [*TRUTHS], "yes or no"),
    ("*:cash", ["zero", *POSITIVE], "an amount of money"),
    ("*:positions", ["dict"], "no shares to begin with"),
    ("*:data", ["dict"], "no tables"),
    ("*:participation", ["half", "none"], "a part of the volume; None is no cap"),
    ("*:share", ["half"], "a part of the volume"), ("*:volume_share", ["half", "none"], "as above"),
    ("*:dividend_tax", ["zero", "half"], "a rate"),
    ("*:*_tax", ["zero", "half"], "a rate"), ("*:*_commission", ["zero", "half"], "a rate"),
    ("*:transfer_fee", ["zero", "half"], "a rate"), ("*:min_commission", ["five"], "an amount of money"),
    ("*.set_slippage:size", ["zero", "half", "five"], "basis points"),
    ("*:count", ["five", "million"], "fewer bars come back at the start of the data"),
    ("*:most", ["five", "million"], "at most so many rows"),
    ("*:symbols", ["list"], "no symbols, no columns"),
    ("*.order:amount", ["zero", "minus", "five", "million"], "an order that is refused is data"),
    ("*.order_lots:lots", ["zero", "minus", "five", "million"], "as above"),
    ("*.order_pct:pct", ["zero", "minus", "half"], "as above"),
    ("*.order_target:amount", ["zero", "five", "million"], "as above"),
    ("*.order_target_value:value", ["zero", *POSITIVE], "as above"),
    ("*.order_value:value", FINITE, "as above"),
    ("*.order_batch:amounts", ["dict", "frame"], "nothing to order"),
    ("*.buy:quantity", ["five", "million"], "as above"), ("*.sell:quantity", ["five", "million"], "as above"),
    ("ticket.update:quantity", ["five", "million"], "the market says whether the account carries it"),
    ("session.goto:where", ["zero", "minus"], "a stop, from the end when negative"),
    ("session.goto:event", ["zero", "five"], "an event"),
    ("session.step:n", ["five", "million"], "as far as the session goes"),
    ("context.record:values", [*NUMBERS, *TRUTHS, "nan", "inf", "minus inf", "1e300"], "what is noted may be missing"),
    ("*:benchmark", ["true", "false"], "that of the market, or none"),
    ("tables:periods", ["five", "million"], "days of a year"),
    ("tables:risk_free", ["zero", "minus", "half"], "a rate"),
    ("*:market", ["number", "text", "no", "enum", "long"], "an expression in the program that is written"),
    ("save_*:folder", ANY_TEXT, "a folder in the present one"), ("save_*:replace", TRUTHS, "it may be replaced"),
    ("*:path", ANY_TEXT, "a file in the present folder"), ("*:html", ANY_TEXT, "as above"),
    ("*:directory", ANY_TEXT, "a folder in the present one"), ("Session:journal", ANY_TEXT, "as above"),
    ("panels.practice:settings", ["dict"], "the usual settings"),
    ("account.set_position:qty", ["five"], "shares"),
    ("Session:keep_every", ["five", "million"], "a number of states, of which a run need not reach the second"),
]  # fmt: skip
"""What is accepted: callable and parameter, the values, and why they make sense there."""

SAYS_OTHER: list[tuple[str, list[str], str]] = [
    ("session.step:*", [*WRONG], "says that the last day is reached"),
    ("accounts.open:options", [*WRONG], "there is no option of that name, whatever its value"),
    ("what_if:args", [*WRONG], "says what is missing: the value is taken for the symbol"),
    ("session.run:until", ["nested", "three"], "names the entry of the list"),
    ("accounts.run:until", ["nested", "three"], "as above"),
    ("*:symbols", ["nested", "set", "three", "array"], "names the entry of the list"),
    ("*:benchmark", ["text", "no", "enum", "long", "surrogate", "nul"], "names the symbol as it was looked for"),
    ("*:tif", [*TEXTS, *BAD_TEXTS], "names it in capitals"),
    ("read_market:source", ["frame", "dict"], "names the columns that are missing"),
    ("save_bars:frames", ["list", "nested", "set", "three", "array"], "names the piece, or says that there is none"),
    ("read_market:instruments", ["frame"], "as above"), ("read_market:actions", ["frame"], "as above"),
    ("sweep:grid", ["list", "nested", "dict", "three", "frame"], "says what is empty, or names the entry"),
    ("read_market:credit", ["frame"], "as above"), ("read_market:bonds", ["frame"], "as above"),
    ("read_market:contracts", ["frame"], "as above"), ("read_market:closed_days", ["frame"], "as above"),
    ("read_market:no_limit_days", ["frame"], "as above"), ("read_market:benchmark", ["frame"], "as above"),
    ("account.set_position:*", ["million"], "says what it costs"),
    ("deeds.*", ["million"], "writes it with commas"),
    *((f"deeds.{deed}:*", ["five"], "names the kind of account that has such a thing")
      for deed in ("lock", "unlock", "exercise", "convert", "put_back")),
    ("Terms:kind", ["enum"], "names the price that a limit order lacks"),
    ("Session.from_script:script", ["bytes"], "shows the bytes as text"),

    ("session.report:branch", ["list", "three", "nested"], "names both branches"),
    ("panels.practice:settings", [*WRONG], "names the setting"),
]  # fmt: skip
"""Where the message names something nearer to the fault than the value itself, and what."""

SLOW = (
    "session.step:debug", "session.report", "session.save_results", "session.show", "plot ", "panels", "session.plot",
    "session.run:",
)  # fmt: skip
"""What draws, writes or opens the debugger when all is right: what is accepted there is not tried here."""

FAST = {f"context.{name}" for name in vars(TradingApi) if not name.startswith("_")}
"""What a strategy calls too often for a wrapper: the host of the strategy tells what Python could not bind."""

REMEDY = re.compile(
    r"\b(Pass|Write|Use|Take|Leave|Choose|See|Make|Go|Cancel|Open|Mend|Check|Give|Add|Replace|Did you mean|"
    r"There are|Watched are|can be)\b"
)

Call = tuple[str, str, tuple[Any, ...], dict[str, Any], Any]
"""Label, what it is about, arguments by place and by name, the wrong value."""


def matches(table: list[tuple[str, list[str], str]], key: str, label: str) -> bool:
    """Whether a table holds a callable and parameter with a value."""
    return any(fnmatch.fnmatchcase(key, pattern) and label in labels for pattern, labels, _ in table)


def calls(name: str, stage: Stage) -> Iterator[Call]:
    """Every wrong call of a callable."""
    parameters = inspect.signature(stage.callable(name)).parameters.values()
    good = stage.arguments(name)
    for item in parameters:
        key = f"{name}:{item.name}"
        for label, value in WRONG.items():
            if value is item.default or (any(key.startswith(slow) for slow in SLOW) and matches(ACCEPTED, key, label)):
                continue
            if item.kind is item.VAR_POSITIONAL:
                yield label, key, (*good.values(), value), {}, value
            elif item.kind is item.VAR_KEYWORD:
                yield label, key, (), {**good, "values": value}, value
            else:
                yield label, key, (), {**good, item.name: value}, value
    if name.endswith("[]") or name in FAST:
        return
    kinds = {item.kind for item in parameters}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        yield "unknown", f"{name}:unknown", (), {**good, "no_such_argument": 5}, 5
    if inspect.Parameter.VAR_POSITIONAL not in kinds and not name.startswith("plot "):
        yield "surplus", f"{name}:surplus", (*[None] * len(parameters), Odd()), {}, Odd()


def fault(error: Exception, key: str, label: str, value: Any) -> str:
    """What is wrong with the answer to a wrong call; empty when nothing is."""
    text = str(error)
    if not isinstance(error, QresearchError) or isinstance(error, InternalError):
        return f"raises {type(error).__name__}: {text}"
    if "<Kind." in text:
        return f"shows an enumeration: {text}"
    names = [shown(value)[:20], *([str(value)[:20]] if label not in {"empty", "10**5000"} else [])]
    if not any(name in text for name in names) and not matches(SAYS_OTHER, key, label):
        return f"does not name {shown(value)}: {text}"
    return "" if REMEDY.search(text) else f"says no remedy: {text}"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own to write into, with a journal."""
    monkeypatch.chdir(tmp_path)
    qr.Session(MARKET, journal=tmp_path / "run.qsession")
    return tmp_path


@pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")
@pytest.mark.parametrize("name", SURFACE)
def test_a_wrong_argument_is_told(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects users from the interpreter's own errors: ours say what was wrong and what to write."""
    stage, faults = Stage(here), []
    for label, key, args, named, value in list(calls(name, stage)):
        try:
            stage.callable(name)(*args, **named)
        except Exception as error:
            if found := fault(error, key, label, value):
                faults.append(f"{key}={label} {found}")
        else:
            if not matches(ACCEPTED, key, label):
                faults.append(f"{key}={label} is accepted")
            stage = Stage(here)
    assert not faults, "\n".join(faults)


def test_the_calls_are_many(here: Path) -> None:
    """Protects the suite itself from finding nothing to call."""
    stage = Stage(here)
    assert sum(1 for name in SURFACE for _ in calls(name, stage)) > 5_000


def test_every_namespace_of_a_session_is_tried(here: Path) -> None:
    """Protects the suite from a namespace that is added to the session and not to it."""
    session = Stage(here).session
    found = {type(getattr(session, name)) for name in dir(session) if not name.startswith("_")}
    own = {kind for kind in found if kind.__module__.startswith("qresearch.") and kind.__module__ != "builtins"}
    known = {kind for kind, _ in OWNERS.values()}
    plain = {"SessionMemory", "Now", "Settings", "Portfolio", "Hooks"}  # with nothing to call
    kernel = {"Simulation", "Words"}  # with calls for dialects and panels, whose types are checked
    assert {kind.__name__ for kind in own - known} <= plain | kernel


def test_what_works_is_not_refused(here: Path) -> None:
    """Protects the tables of good arguments: a call with them is answered, so what is refused is the wrong value."""
    for name in ("session.buy", "session.history", "ticket.update", "breakpoints.add", "terms.limit", "tables"):
        stage = Stage(here)
        stage.callable(name)(**stage.arguments(name))
    assert set(GOOD_OF) <= set(SURFACE)


@pytest.mark.parametrize("call", sorted(name.partition(".")[2] for name in FAST - {"context.order_batch"}))
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (f"{A!r}, 1, limit_price=9.6", r"style=qresearch\.terms\.limit\(price\)"),
        (f"{A!r}, 1, None, 5", "takes from 3 to 4 positional arguments"),
        (f"{A!r}", "missing 1 required positional argument"),
        ("", "missing 2 required positional arguments"),
    ],
)
def test_a_strategy_that_orders_with_wrong_arguments_is_told(call: str, arguments: str, words: str) -> None:
    """Protects strategies: an order that Python cannot call ends the step with its line, and what to write."""
    namespace: dict[str, Any] = {}
    exec(f"def handle_data(context, data):\n    context.{call}({arguments})\n", namespace)
    session = qr.Session(MARKET, start=DAYS[1], strategy=namespace["handle_data"])
    with pytest.raises(qr.StrategyError, match=words) as caught:
        session.step()
    assert f"Write {call}(security, " in str(caught.value)
    assert session.orders.empty


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("session.positons", "Did you mean positions"), ("session.cash", "Did you mean portfolio.cash"),
        ("session.trades", "Did you mean tables.trades"), ("session.tables.trade", "Did you mean trades"),
        ("session.breakpoints.ad", "Did you mean add"), ("session.branches.compair", "Did you mean compare"),
        ("session.panels.chrt", "Did you mean chart"), ("session.account.al", "Did you mean all"),
        ("session.account.all.tabel", "Did you mean table"), ("session.nothing_like_it", "See dir"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_told_with_its_neighbours(name: str, near: str) -> None:
    """Protects whoever types: a slip names what was meant, and what asks whether a name is there is answered."""
    owner, _, attribute = name.rpartition(".")
    found = eval(owner, {"session": qr.Session(MARKET)})
    with pytest.raises(AttributeError, match=near) as caught:
        getattr(found, attribute)
    assert isinstance(caught.value, qr.QresearchError)
    assert f"{type(found).__name__} has no {attribute!r}" in str(caught.value)
    assert not hasattr(found, attribute)
    assert getattr(found, "_repr_mimebundle_of_others_", 5) == 5


def test_an_error_inside_a_property_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects from a wrong answer: a name that is there and raises is not said to be missing."""

    def broken(_: object) -> None:
        raise AttributeError("of another cause")

    monkeypatch.setattr(qr.Session, "equity", property(broken))
    with pytest.raises(AttributeError, match="of another cause"):
        _ = qr.Session(MARKET).equity


NEIGHBOURS = [
    ("buy", {"limit_price": 9.6}, r"style=qresearch\.terms\.limit\(9\.6\)"),
    ("buy", {"stop_price": 9.6}, r"style=qresearch\.terms\.stop\(9\.6\)"),
    ("buy", {"limit_price": 9.6, "stop_price": 9.5}, r"terms\.stop_limit\("),
    ("sell", {"price": 9.6}, r"style=qresearch\.terms\.limit\(9\.6\)"),
    ("order", {"exectype": "Limit"}, r"style=qresearch\.terms"),
    ("order", {"tif": "GTC"}, r"style=qresearch\.terms"),
    ("order", {"size": 100}, "Here it is amount="),
    ("buy", {"shares": 100}, "Here it is quantity="),
    ("order_value", {"amount": 100}, "Here it is value="),
    ("history", {"bar_count": 5}, "Here it is count="),
    ("history", {"fields": "close"}, "Here it is field="),
    ("history", {"fq": "pre"}, "Here it is adjust="),
    ("run", {"end_date": "2024-01-04"}, "Here it is until="),
    ("report", {"filename": "x.html"}, "Here it is html="),
]


@pytest.mark.parametrize(("call", "given", "words"), NEIGHBOURS)
def test_the_word_of_a_neighbour_library_is_told_as_ours(call: str, given: dict[str, Any], words: str) -> None:
    """Protects people who come from backtrader, zipline, LEAN, RQAlpha or pandas: the message says our word."""
    session = qr.Session(MARKET)
    args = (A,) if call in {"buy", "sell", "order", "order_value", "history"} else ()
    if call in {"buy", "sell", "order"} and not {"size", "shares"} & set(given):
        args = (*args, 100)
    with pytest.raises(qr.UsageError, match=words):
        getattr(session, call)(*args, **given)
    assert session.orders.empty


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"start_date": "2024-01-03"}, "Here it is start="),
        ({"initial_capital": 1000}, "Here it is cash="),
        ({"commission": 0.001}, "set_order_cost"),
        ({"leverage": 2}, "borrows and sells short: account='margin'"),
    ],
)
def test_an_option_of_a_neighbour_library_is_told_as_ours(given: dict[str, Any], words: str) -> None:
    """Protects people who come from another library: its options of a run are ours by another name."""
    with pytest.raises(qr.UsageError, match=words):
        qr.Session(MARKET, **given)


@pytest.mark.parametrize("make", [qr.terms.limit, qr.terms.stop, qr.terms.trailing_stop])
def test_a_price_that_could_not_be_computed_never_trades(make: Any) -> None:
    """Protects money: None and NaN for a price are refused, and are no market order."""
    for price in (None, float("nan"), pd.NA, np.float64("nan")):
        with pytest.raises(qr.UsageError):
            make(price)


@pytest.mark.parametrize(
    ("style", "words"),
    [
        (qr.terms.trailing_stop(10_000), "a distance of 10000 from the last price, .*, leaves no price to stop at"),
        (qr.terms.limit(0.001), "limit_price=0.001: prices of 600001.SH have steps of 0.01"),
        (qr.terms.stop(0.001), "stop_price=0.001: prices of 600001.SH have steps of 0.01"),
    ],
    ids=["trailing", "limit", "stop"],
)
def test_a_price_of_which_nothing_is_left_is_told_as_it_was_asked_for(style: Any, words: str) -> None:
    """Protects those who ask: the message has what they wrote, not what became of it on the way."""
    session = qr.Session(MARKET).step()
    call = session.buy if style.kind.value == "LIMIT" else session.sell
    with pytest.raises(qr.UsageError, match=words):
        call(A, 100, style=style)


@pytest.mark.parametrize("whole", [np.int64(100), np.float64(100), np.int32(100), 100.0, np.array(100)])
def test_a_number_of_another_library_is_a_number(whole: Any) -> None:
    """Protects strategies that compute in numpy or in decimals: what is whole is a number of shares."""
    assert qr.Session(MARKET).buy(A, whole).quantity == 100


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cash": 1e15}, "more than can be carried exactly"),
        ({"slippage": ("bps", 20_000)}, "from 0 to 5,000"),
        ({"slippage": ("fixed", 1e300)}, "too large"),
        ({"slippage": 5}, "slippage=5 is no model: it is without moved"),
        ({"money_step": True}, "money_step=True"),
        ({"start": 5}, "start=5|5 is not a date"),
        ({"strict": "no"}, "Write strict=True or strict=False"),
    ],
)
def test_amounts_have_bounds(given: dict[str, Any], words: str) -> None:
    """Protects a run from figures that no market has, and from words that Python takes for True."""
    with pytest.raises(qr.UsageError, match=words):
        qr.Session(MARKET, **given)


DIALECTS = [
    ("joinquant", call, argument, None)
    for call, argument in (("order", 1), ("order_value", 1), ("order_target", 1), ("order_target_value", 1))
]
DIALECTS += [
    ("easyquant", call, 1, None)
    for call in ("order", "order_value", "order_target", "order_target_value", "order_lots", "order_pct")
]
DIALECTS += [("joinquant", "cancel_order", 0, None), ("easyquant", "cancel_order", 0, False)]


@pytest.mark.parametrize(("dialect", "call", "argument", "failure"), DIALECTS)
def test_a_dialect_answers_as_its_platform(dialect: str, call: str, argument: int, failure: object) -> None:
    """Protects scripts of other systems: a wrong argument gives what the platform returns, with a notice."""
    script = f"""
def initialize(context):
    run_daily(trade, "{"open" if dialect == "joinquant" else "every_bar"}")
def trade(*_):
    g.answers = [{call}(*({A!r}, wrong)[{1 - argument}:]) for wrong in context_of_test]
"""
    session = qr.Session.from_script(script, MARKET, dialect=dialect, start="2024-01-03", cash=100_000)
    numbers = {*NUMBERS} if argument else set()
    wrong = [value for label, value in WRONG.items() if label not in numbers]
    session.strategy.target["context_of_test"] = wrong
    session.step()
    answers = session.strategy.target["g"].answers
    assert len(answers) == len(wrong)
    assert all(answer is failure for answer in answers)
    assert len(session.notices.table) > 5
    assert session.orders.empty


TEXT = "date,symbol,open,high,low,close,volume\n2024-01-02,600001.SH,10,10.2,9.8,10,1000\n"
FILES: dict[str, tuple[bytes, str]] = {
    "empty.csv": (b"", "is empty"),
    "ragged.csv": ((TEXT + "2024-01-03,600001.SH,10,10.2,9.8,10,1000,7,8\n").encode(), "line 3"),
    "unclosed.csv": ((TEXT + '2024-01-03,"600001.SH,10\n').encode(), "line 3.*close every quotation mark"),
    "utf16.csv": (TEXT.encode("utf-16")[:-1], "begins as utf-16 text"),
    "binary.csv": (bytes(range(128, 256)) * 9, "no UTF-8 text, first in line 1"),
    "wide.csv": (",".join(f"c{n}" for n in range(3_000)).encode(), "and 2,995 more"),
    "empty.parquet": (b"", "cannot be read as Parquet"),
    "junk.parquet": (bytes(range(256)) * 4, "cannot be read as Parquet"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_is_told_with_its_place(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects users from the readers' own errors: a file of another kind or encoding says where it goes wrong."""
    path = tmp_path / name
    path.write_bytes(FILES[name][0])
    with pytest.raises(qr.DataError, match=FILES[name][1]):
        qr.read_market(path)
    assert main(["data", "check", str(path)]) in {1, 2}
    assert "Traceback" not in capsys.readouterr().err


FLAGS = [
    (["--cash", "1e300"], "too large"), (["--cash", "nan"], "cash=nan"), (["--start", "junk"], "'junk' is not a date"),
    (["--end", "5"], "'5' is not a date"), (["--table", "x"], "Add --dialect"),
    (["--dialect", "joinquant", "--table", "x"], "NAME=FILE"),
    (["--dialect", "joinquant", "--table", "nope=x"], "no such file"),
    (["--dialect", "easyquant", "--clock", "same_bar"], "Leave it out"),
    (["--dialect", "easyquant"], "has nothing to call.*Did you mean handle_data"),
    (["--out", "strategy.py"], "is no folder"), (["--data", "strategy.py"], "neither .csv nor .parquet"),
    (["--data", "a\0b.csv"], "names no file"),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "words"), FLAGS, ids=str)
def test_a_wrong_flag_is_told(flags: list[str], words: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the command line: a wrong value of a flag ends with a sentence and exit code 2."""
    misspelt = flags == ["--dialect", "easyquant"]
    name = "handle_dat" if misspelt else "handle_data"
    (here / "strategy.py").write_text(f"def {name}(context, data):\n    pass\n", encoding="utf-8")
    base = ["run", "strategy.py", "--data", "sample", "--end", "2021-01-05"]
    assert main([*base, *flags]) == 2
    assert re.search(words, " ".join(capsys.readouterr().err.split()))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"cash_per_share": [100.0]}, "closed at 10 before"),
        ({"cash_per_share": [float("inf")]}, "Pass a finite number"),
        ({"bonus_per_share": [1e13]}, "below 1,000"),
        ({"cash_per_share": [0.1], "ref_price": [-1.0]}, "reference prices are above 0"),
    ],
)
def test_a_corporate_action_that_cannot_be_is_refused(table: dict[str, list[float]], words: str) -> None:
    """Protects the cash: a dividend of more than the share, and bonus shares without end, are slips of the pen."""
    actions = pd.DataFrame({"symbol": [A], "ex_date": [DAYS[2]], **table})
    with pytest.raises(qr.DataError, match=words):
        qr.read_market(bars(), actions=actions)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"instruments": pd.DataFrame({"symbol": [A], "same_day_sale": ["perhaps"]})}, "same_day_sale.*'perhaps'"),
        (
            {"instruments": pd.DataFrame({"symbol": [A], "list_date": ["2024-01-05"], "delist_date": ["2024-01-03"]})},
            "listed on 2024-01-05 and delisted on 2024-01-03",
        ),
        ({"benchmark": pd.Series([1.0, -2.0], index=DAYS[:2])}, "2024-01-03.*not above 0"),
        ({"benchmark": pd.Series([1.0, float("inf")], index=DAYS[:2])}, "2024-01-03.*not above 0"),
        ({"source": bars().assign(limit_up=9.0, limit_down=11.0)}, "upper limit below the lower one"),
    ],
)
def test_tables_that_cannot_be_are_refused(given: dict[str, Any], words: str) -> None:
    """Protects a market from tables that contradict themselves: nothing in them is read as something else."""
    with pytest.raises(qr.DataError, match=words):
        qr.read_market(**({"source": bars()} | given))
