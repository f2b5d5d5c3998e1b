"""An account of margin trading as XtQuant shows it: its kinds of order, its money, its contracts and its lists.

Formulae are those of :mod:`qresearch.engine.accounts.standing`. Direct repayment (30, 32) is no order of the market: it
is done at once, and its number is 0; that its volume is the amount in yuan is inferred. The special pool (40 to 45) is
the ordinary one here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.xtquant import xtconstant as xt
from qresearch.dialects.xtquant.other_types import (
    CreditAssure,
    CreditSloCode,
    CreditSubjects,
    StkCompacts,
    XtCreditDetail,
)
from qresearch.dialects.xtquant.xttype import StockAccount
from qresearch.domain.commands import Deed
from qresearch.domain.credit import CreditRates
from qresearch.domain.instrument import Board, Instrument
from qresearch.domain.ledger import Debt
from qresearch.domain.order import Side
from qresearch.domain.terms import Effect
from qresearch.engine.intent import Pool
from qresearch.engine.reserves import free_money
from qresearch.market.credit import credit_on

SHARES: Mapping[int, tuple[int, Effect]] = {xt.STOCK_BUY: (1, Effect.AUTO), xt.STOCK_SELL: (-1, Effect.AUTO)}
"""Kinds of order of an account of shares: side in the market, and effect."""
CREDIT: Mapping[int, tuple[int, Effect]] = {
    xt.CREDIT_BUY: (1, Effect.OPEN),
    xt.CREDIT_SELL: (-1, Effect.CLOSE),
    xt.CREDIT_FIN_BUY: (1, Effect.FINANCE),
    xt.CREDIT_SLO_SELL: (-1, Effect.BORROW),
    xt.CREDIT_BUY_SECU_REPAY: (1, Effect.RETURN),
    xt.CREDIT_SELL_SECU_REPAY: (-1, Effect.REPAY),
    xt.CREDIT_FIN_BUY_SPECIAL: (1, Effect.FINANCE),
    xt.CREDIT_SLO_SELL_SPECIAL: (-1, Effect.BORROW),
    xt.CREDIT_BUY_SECU_REPAY_SPECIAL: (1, Effect.RETURN),
    xt.CREDIT_SELL_SECU_REPAY_SPECIAL: (-1, Effect.REPAY),
}
"""Those of an account of margin trading."""
DEEDS: Mapping[int, Deed] = {
    xt.CREDIT_DIRECT_SECU_REPAY: Deed.GIVE_BACK,
    xt.CREDIT_DIRECT_CASH_REPAY: Deed.REPAY,
    xt.CREDIT_DIRECT_SECU_REPAY_SPECIAL: Deed.GIVE_BACK,
    xt.CREDIT_DIRECT_CASH_REPAY_SPECIAL: Deed.REPAY,
}
"""What is paid back without the market: the volume is a number of shares, or of yuan."""
_TYPES = {
    Effect.FINANCE: xt.CREDIT_FIN_BUY,
    Effect.BORROW: xt.CREDIT_SLO_SELL,
    Effect.RETURN: xt.CREDIT_BUY_SECU_REPAY,
    Effect.REPAY: xt.CREDIT_SELL_SECU_REPAY,
}
_NORMAL, _VOID = 48, 50
_FINANCING, _LENDING, _ORDINARY_POOL = 48, 49, 1
_EXCHANGES = {"SH": "SSE", "SZ": "SZSE", "BJ": "BSE"}
_FUNDS = frozenset({Board.ETF, Board.LOF, Board.CLOSED_END, Board.REIT})


def order_type_of(side: Side, effect: Effect) -> int:
    """The kind of an order."""
    return _TYPES.get(effect, xt.STOCK_BUY if side.sign > 0 else xt.STOCK_SELL)


class CreditBook:
    """What the queries of margin trading answer, now.

    Parameters
    ----------
    host : ScriptHost
        Of a session whose account borrows.
    account : StockAccount
    """

    def __init__(self, host: ScriptHost, account: StockAccount) -> None:
        self.host, self._kind = host, (account.account_type, account.account_id)

    def detail(self) -> XtCreditDetail:
        """Money, debts and what may still be borrowed."""
        host, amount, portfolio = self.host, self.host.amount, self.host.portfolio
        kind, account, exchange = host.exchange.account, host.account, host.exchange
        debts = account.ledger.debts
        money, lent = ([debt for debt in debts if debt.is_money is wanted] for wanted in (True, False))
        financed = amount(sum(debt.principal for debt in money))
        proceeds = amount(sum(debt.principal for debt in lent))
        interest, fee = (amount(sum(map(kind.interest, part))) for part in (money, lent))
        owed = round(portfolio.debt - financed - interest - fee, 6)
        funds = {column for column in account.positions if exchange.market.instruments[column].board in _FUNDS}
        in_funds = amount(host.value_of({column: account.positions[column] for column in funds}))
        held = amount(host.value_of(account.positions))
        line = float(getattr(kind, "line", None) or 0.0)
        left = max(line - financed - owed, 0.0)
        cost = amount(sum(position.cost for position in account.positions.values()))
        out = amount(max(kind.withdrawable(account, exchange), 0))
        return XtCreditDetail(
            *self._kind,
            m_nUpdateTime=int(host.now.timestamp()),
            m_dFrozenCash=portfolio.reserved,
            m_dBalance=portfolio.equity + portfolio.debt,
            m_dAvailable=amount(free_money(account, exchange, Pool.OWN)),
            m_dPositionProfit=round(held - cost, 6),
            m_dMarketValue=held,
            m_dFetchBalance=out,
            m_dStockValue=round(held - in_funds, 6),
            m_dFundValue=in_funds,
            m_dTotalDebt=portfolio.debt,
            m_dEnableBailBalance=portfolio.available_margin,
            m_dPerAssurescaleValue=portfolio.maintenance_ratio if debts else 0.0,
            m_dAssureAsset=portfolio.equity,
            m_dFinDebt=round(financed + interest, 6),
            m_dFinDealAvl=financed,
            m_dFinFee=interest,
            m_dSloDebt=round(owed + fee, 6),
            m_dSloMarketValue=owed,
            m_dSloFee=fee,
            m_dFinMaxQuota=line,
            m_dFinEnableQuota=left,
            m_dFinUsedQuota=financed,
            m_dSloMaxQuota=line,
            m_dSloEnableQuota=left,
            m_dSloUsedQuota=owed,
            m_dSloSellBalance=proceeds,
            m_dSurplusSloSellBalance=proceeds,
        )

    def compacts(self) -> list[StkCompacts]:
        """The contracts, the oldest first."""
        return [self._compact(debt) for debt in self.host.account.ledger.debts]

    def _compact(self, debt: Debt) -> StkCompacts:
        host, amount = self.host, self.host.amount
        item, interest = host.market.instruments[debt.instrument], host.exchange.account.interest(debt)
        opened = host.date_of(debt.day)
        ends = opened + dt.timedelta(days=int(getattr(host.exchange.account, "term", 0)))
        return StkCompacts(
            *self._kind, _FINANCING if debt.is_money else _LENDING, _ORDINARY_POOL, _exchange(item), _number(opened),
            debt.quantity_opened, debt.quantity, _number(ends), amount(debt.principal_opened),
            amount(interest + debt.paid), amount(debt.principal), amount(interest), amount(debt.paid),
            amount(debt.principal_opened - debt.principal), item.code, str(debt.debt_id),
        )  # fmt: skip

    def subjects(self) -> list[CreditSubjects]:
        """What may be bought with borrowed money or sold short today."""
        return [
            CreditSubjects(
                *self._kind, _NORMAL if rates.lending else _VOID, _NORMAL if rates.financing else _VOID,
                _exchange(item), rates.lending or 0.0, rates.financing or 0.0, item.code,
            )
            for item, rates in self._listed()
            if rates.financing or rates.lending
        ]  # fmt: skip

    def lendable(self) -> list[CreditSloCode]:
        """Shares that can be borrowed; a security without a bound is not listed, for there is no number of it."""
        return [
            CreditSloCode(*self._kind, _ORDINARY_POOL, _exchange(item), rates.lendable, item.code)
            for item, rates in self._listed()
            if rates.lending and rates.lendable is not None
        ]

    def collateral(self) -> list[CreditAssure]:
        """What serves as collateral, and at which part of its value."""
        return [
            CreditAssure(*self._kind, _NORMAL, _exchange(item), rates.haircut, item.code)
            for item, rates in self._listed()
            if rates.haircut
        ]

    def _listed(self) -> Iterator[tuple[Instrument, CreditRates]]:
        market = self.host.market
        for column, item in enumerate(market.instruments):
            yield item, credit_on(market, column, self.host.day)


def _exchange(item: Instrument) -> str:
    return _EXCHANGES.get(item.symbol.rpartition(".")[2], "")


def _number(day: dt.date) -> int:
    return int(f"{day:%Y%m%d}")
