"""The demo: a short story by hand, a strategy, and the page that shows both."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import NamedTuple
from urllib.parse import quote

import numpy as np
import pandas as pd

from qresearch.book.explanation import Explanation
from qresearch.book.html import badge, portfolio_html, table
from qresearch.domain.fees import PARTS
from qresearch.sentences.words import price
from qresearch.session.bar_data import BarData
from qresearch.session.pages import session_html
from qresearch.session.session import Session
from qresearch.session.strategy import Context
from qresearch.session.ticket import Ticket
from qresearch.sources.sample import sample_market

ORDERS_SHOWN = 15
WIDE, HIGH = 1000, 280
_MARGIN = 62, 12, 14, 26  # left, right, top, bottom


def momentum(context: Context, data: BarData) -> None:
    """Each month, hold the three instruments that rose most over 60 days."""
    month = context.now.day.month
    if month == getattr(context, "month", None):
        return
    context.month = month
    closes = data.history(count=60)
    best = (closes.iloc[-1] / closes.iloc[0]).nlargest(3).index
    for symbol in context.portfolio.positions:
        if symbol not in best:
            context.order_target(symbol, 0)
    for symbol in best:
        context.order_target_value(symbol, 0.3 * context.portfolio.equity)


class Scene(NamedTuple):
    """One step of the story.

    Parameters
    ----------
    words : str
        What is done and why.
    code : str
        The call, as one would type it.
    answer, answer_html : str
        What the call gave.
    """

    words: str
    code: str
    answer: str
    answer_html: str


def hand_session() -> Session:
    """A session on the embedded market, just before a day that opens locked at limit-down."""
    return Session(sample_market(), start="2022-03-11", end="2022-03-31", cash=100_000)


def by_hand(session: Session) -> Iterator[Scene]:
    """Walk a :func:`hand_session` through the life of a few orders, one scene at a time."""
    story: list[tuple[str, str, Callable[[], Session | Ticket | Explanation | None]]] = [
        ("An order only queues: it meets the market at the next open.",
         'buy("604018", 1000)', lambda: session.buy("604018", 1000)),
        ("One step later it has filled at the open. T+1 locks the shares for that day.",
         "step()", session.step),
        ("A buy on STAR needs 200 shares: rejected, and kept with its reason.",
         'buy("688903", 100)', lambda: session.buy("688903", 100)),
        ("Money becomes whole lots, sized at the last price that is visible.",
         'order_value("604052", 30_000)', lambda: session.order_value("604052", 30_000)),
        ("The next day: bought. The shares of the first day can be sold now.",
         "step()", session.step),
        ("Sell the second position again.",
         'order_target("604052", 0)', lambda: session.order_target("604052", 0)),
        ("But the day opens locked at limit-down.",
         "step()", session.step),
        ("Every order can say what was checked, and why it did what it did.",
         "explain(4)", lambda: session.explain(4)),
        ("Go back two days: the order of that evening waits again.",
         "back(2)", lambda: session.back(2)),
        ("Withdraw it. Acting from the past opens a branch; the old future is kept.",
         'cancel("3")', lambda: session.cancel("3")),
        ("On this branch the fall never happens to the account.",
         "step(2)", lambda: session.step(2)),
        ("Sell half of what is left.",
         'order_pct("604018", -0.5)', lambda: session.order_pct("604018", -0.5)),
        ("Sales pay stamp duty, buys do not.",
         "step()", session.step),
    ]  # fmt: skip
    for words, code, act in story:
        answer = act()
        assert answer is not None  # by hand, a refused order gives its ticket too
        shown = session_html(answer) if isinstance(answer, Session) else answer.html()
        yield Scene(words, f"session.{code}", repr(answer), shown)


def robot_session() -> Session:
    """The :func:`momentum` strategy over the whole embedded market, run to its end."""
    session = Session(sample_market(), start="2021-04-01", cash=1_000_000, strategy=momentum, costs="historical")
    return session.run(progress=False)


ORDER_HEAD = ("Order>", "Placed", "Asked", "Symbol", "Side", "Sent>", "Filled>", "Price>", "Fees>", "State", "Reason")
"""Columns of :func:`order_rows`; a name that ends in ``>`` is right-aligned."""


def order_rows(orders: pd.DataFrame) -> list[list[str]]:
    """The orders of a session as text, for a terminal or a page."""
    return [
        [
            str(order_id),
            f"{order['placed']:%Y-%m-%d}",
            order["asked"],
            order["symbol"],
            order["side"],
            f"{order['quantity']:,}",
            f"{order['filled']:,}",
            price(order["average_price"]),
            f"{sum(order[name] for name in PARTS):,.2f}",
            order["status"],
            order["reason"],
        ]
        for order_id, order in orders.iterrows()
    ]


# ---------------------------------------------------------------------------------------- the page

_STYLE = """
:root { --ground: #fff; --text: #1f2937; --faint: #5b6577; --line: #e5e7eb; --soft: #f3f4f6; --main: #1d4ed8;
        --other: #9a6700; color-scheme: light dark }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1520; --text: #e7ebf2; --faint: #9aa6b8; --line: #2f3a4d;
        --soft: #1d2636; --main: #7aaaff; --other: #fbbf24 } }
body { max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: var(--text); background: var(--ground);
       font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.7rem; margin-bottom: .2rem } h2 { margin-top: 2.4rem; border-bottom: 2px solid var(--line) }
h3 { margin-bottom: .4rem }
.scene { border-left: 3px solid var(--line); padding: .1rem 0 .3rem 1rem; margin: 1.1rem 0 }
.scene p { margin: .2rem 0; font-weight: 600 }
code, pre { font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; background: var(--soft);
            border-radius: 4px }
code { padding: .15rem .4rem } pre { padding: .8rem 1rem; overflow-x: auto }
.answer { margin-top: .5rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: .4rem 0; font-size: 13.5px; font-variant-numeric: tabular-nums }
th, td { padding: .18rem .55rem; border-bottom: 1px solid var(--line); vertical-align: top }
a { color: var(--main) }
th { color: var(--faint); font-weight: 600; white-space: nowrap }
.wide td { white-space: nowrap } .wide td:last-child { white-space: normal; min-width: 11rem }
svg text { font: 12px system-ui, sans-serif; fill: var(--faint) }
svg .grid { stroke: var(--line) } svg .main { stroke: var(--main) } svg .other { stroke: var(--other) }
svg text.main { fill: var(--main); stroke: none } svg text.other { fill: var(--other); stroke: none }
"""


def page(session: Session, scenes: list[Scene], robot: Session, recordings: Sequence[str]) -> str:
    """One self-contained page: the story, its orders, account and events, and the strategy.

    Parameters
    ----------
    session : Session
        A :func:`hand_session` after the story.
    scenes : list of Scene
    robot : Session
        A :func:`robot_session`.
    recordings : sequence of str
        Names of the files beside the page in which the two can be stepped through.

    Returns
    -------
    str
        HTML without scripts and without anything to load.
    """
    source = inspect.getsource(momentum).rstrip()
    body = [
        "<h1>qresearch demo</h1>",
        "<div>A market of invented instruments on real trading days, stepped day by day. The same in a notebook: "
        "<code>qresearch lab</code></div>",
        "<h2>By hand</h2>",
        _link(recordings[0]),
        *(
            f'<div class="scene"><p>{escape(scene.words)}</p><code>{escape(scene.code)}</code>'
            f'<div class="answer">{scene.answer_html}</div></div>'
            for scene in scenes
        ),
        "<h3>Orders of this branch</h3>",
        order_table(session.orders),
        "<h3>Account</h3>",
        portfolio_html(session.portfolio, session.words),
        "<h3>Events</h3>",
        event_table(session.events),
        "<h2>A strategy</h2>",
        f"<pre>{escape(source)}</pre>",
        _link(recordings[1]),
        session_html(robot),
        "<h3>Equity</h3>",
        equity_svg(robot),
        f"<h3>The last {ORDERS_SHOWN} of {len(robot.orders)} orders</h3>",
        order_table(robot.orders.tail(ORDERS_SHOWN)),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>qresearch demo</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def _link(recording: str) -> str:
    """The way to a recording."""
    return f'<p><a href="{escape(quote(recording))}">Step through it, day by day, with its chart</a></p>'


def order_table(orders: pd.DataFrame) -> str:
    """Orders as an HTML table with coloured states; the reason stands under its code."""
    state = ORDER_HEAD.index("State")
    rows = []
    for row, why in zip(order_rows(orders), orders["why"], strict=True):
        cells = [escape(cell) for cell in row]
        cells[state] = badge(row[state])
        if why:
            cells[-1] += f"<br><small>{escape(why)}</small>"
        rows.append(cells)
    return f'<div class="wide">{table(ORDER_HEAD, rows)}</div>'


def event_table(events: pd.DataFrame) -> str:
    """Everything that happened but the passing of days."""
    shown = events[events["event"] != "Advanced"]
    rows = [
        [
            f"{event['day']:%Y-%m-%d}",
            event["phase"],
            event["event"],
            "" if pd.isna(event["order_id"]) else str(event["order_id"]),
            event["symbol"],
            "" if pd.isna(event["quantity"]) else f"{event['quantity']:,}",
            "" if pd.isna(event["amount"]) else f"{event['amount']:,.2f}",
            escape(event["text"]),
        ]
        for _, event in shown.iterrows()
    ]
    head = ("Day", "Phase", "Event", "Order>", "Symbol", "Quantity>", "Amount>", "Text")
    return f'<div class="wide">{table(head, rows)}</div>'


def equity_svg(session: Session) -> str:
    """Equity by day as a line, beside the benchmark of the market where there is one."""
    equity = session.equity
    lines = [("main", "Equity", equity.tolist())]
    benchmark = session.market.benchmark
    if benchmark is not None:
        index = pd.Series(benchmark.close, index=pd.DatetimeIndex(benchmark.days))
        closes = index.reindex(equity.index, method="ffill").to_numpy()
        lines.append(
            ("other", f"{benchmark.name}, from the same start", (closes / closes[0] * equity.iloc[0]).tolist())
        )
    low, high = (float(pick([pick(values) for *_, values in lines])) for pick in (np.nanmin, np.nanmax))
    left, right, top, bottom = _MARGIN

    def x(share: float) -> float:
        return left + share * (WIDE - left - right)

    def y(value: float) -> float:
        return top + (high - value) / (high - low) * (HIGH - top - bottom)

    parts = []
    for value in _round_steps(low, high):
        parts.append(f'<line x1="{left}" x2="{WIDE - right}" y1="{y(value):.1f}" y2="{y(value):.1f}" class="grid"/>')
        parts.append(f'<text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value / 1000:,.0f}k</text>')
    years = pd.DatetimeIndex(equity.index).year
    for year in sorted(set(years)):
        first = int((years < year).sum())
        parts.append(f'<text x="{x(first / len(equity)):.1f}" y="{HIGH - 6}">{year}</text>')
    for number, (colour, name, values) in reversed(list(enumerate(lines))):
        parts.append(f'<polyline fill="none" class="{colour}" stroke-width="1.6" points="{_points(values, x, y)}"/>')
        parts.append(
            f'<text x="{WIDE - right}" y="{top + 10 + 17 * number}" text-anchor="end" class="{colour}">'
            f"{escape(name)}</text>"
        )
    return f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="Equity by day">{"".join(parts)}</svg>'


def _points(values: Sequence[float], x: Callable[[float], float], y: Callable[[float], float]) -> str:
    last = max(len(values) - 1, 1)
    return " ".join(f"{x(i / last):.1f},{y(value):.1f}" for i, value in enumerate(values) if value == value)


def _round_steps(low: float, high: float) -> list[float]:
    """Three to six round numbers between two others.

    >>> _round_steps(870_000, 1_230_000)
    [900000.0, 1000000.0, 1100000.0, 1200000.0]
    """
    size = 10.0 ** np.floor(np.log10(high - low))
    step = next(size * part for part in (0.2, 0.5, 1.0) if (high - low) / (size * part) <= 6)
    first = np.ceil(low / step)
    return [float(number * step) for number in np.arange(first, np.floor(high / step) + 1)]
