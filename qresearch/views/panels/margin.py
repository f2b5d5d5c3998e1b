"""What an account of contracts shows besides: lots of both sides, the margin that they bind, and a call for more."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from qresearch.book.html import number
from qresearch.sentences.words import price
from qresearch.views.panels.cells import tone

if TYPE_CHECKING:
    from qresearch.sentences import Words
    from qresearch.session.port import AnySession

NEAR = 0.8
"""Risk degree from which the bar warns."""


def has_margin(session: AnySession) -> bool:
    """True in an account whose contracts bind margin.

    >>> import qresearch as qr
    >>> has_margin(qr.Session(qr.sample_market(), start="2022-03-01"))
    False
    """
    return bool(session.market.contracts)


def borrows(session: AnySession) -> bool:
    """True in an account of margin trading.

    >>> import qresearch as qr
    >>> borrows(qr.Session(qr.sample_market(), start="2022-03-01", account="margin"))
    True
    """
    return session.simulation.exchange.account.borrows


def bound_figures(session: AnySession) -> dict[str, str]:
    """What an account binds and owes, as text by the keys of their words; empty where everything is paid in full."""
    portfolio = session.portfolio
    if has_margin(session):
        return {"margin": number(portfolio.margin)}
    if not borrows(session):
        return {}
    figures = {"debt": number(portfolio.debt), "available_margin": number(portfolio.available_margin)}
    if portfolio.debt:
        figures["maintenance_ratio"] = f"{portfolio.maintenance_ratio:.1%}"
    return figures


def margin_html(session: AnySession, words: Words) -> str:
    """The gauge of the margin; where money or shares are borrowed, what is owed and what is left for more."""
    if not borrows(session):
        return gauge_html(session, words)
    told = (f"{escape(words(key))} <b>{value}</b>" for key, value in bound_figures(session).items())
    return f'<div class="qr-margin">{" · ".join(told)}</div>'


def gauge_html(session: AnySession, words: Words) -> str:
    """A bar of the margin in the equity, with the figures beside it; empty where there is no margin."""
    if not has_margin(session):
        return ""
    portfolio = session.portfolio
    risk = portfolio.risk_degree
    # Without equity nothing can be bound any more: the bar is full.
    part = 1.0 if risk != risk or portfolio.equity <= 0 else min(max(risk, 0.0), 1.0)
    kind = "fails" if portfolio.missing_margin else "near" if part >= NEAR else "passes"
    told = words("margin_of", margin=number(portfolio.margin), equity=number(portfolio.equity))
    degree = f"{risk:.1%}" if risk == risk and portfolio.equity > 0 else "–"
    return (
        f'<div class="qr-margin qr-{kind}" data-risk="{degree}"><div class="qr-gauge" role="img" '
        f'aria-label="{escape(told)}"><i style="width:{part:.1%}"></i></div>{escape(told)} · '
        f"{escape(words('risk_degree'))} <b>{degree}</b></div>"
    )


def call_html(session: AnySession, words: Words) -> str:
    """A banner while more margin is bound than there is for it; empty otherwise."""
    if not has_margin(session) or not session.portfolio.missing_margin:
        return ""
    told = words("margin_call", missing=number(session.portfolio.missing_margin))
    return f'<div class="qr-error qr-call" role="alert">{escape(told)}</div>'


def lots_html(session: AnySession, words: Words, symbol: str) -> str:
    """The lots that are held of one contract, a line per side."""
    if not has_margin(session):
        return ""
    lots = session.tables.lots.reset_index()
    own = lots[lots["symbol"] == symbol].to_dict("records")
    return "".join(_side_html(words, row) for row in own)


def _side_html(words: Words, row: Mapping[Hashable, Any]) -> str:
    earned, side = row["floating_profit"], row["side"]
    profit = f'<span class="qr-{tone(earned)}">{earned:+,.2f}</span>'
    key, today = "buy" if side == "long" else "sell", words("today_of", count=f"{row['today']:,}")
    return (
        f'<div class="qr-lots"><span class="qr-{key}">{escape(words(f"side_{side}"))}</span> '
        f"<b>{row['quantity']:,}</b> {escape(today)} · {price(row['average_price'])} · {profit}</div>"
    )
