"""What an account does without the market: cash that comes and goes, and what was borrowed paid back."""

from __future__ import annotations

from qresearch.domain.arguments import number, price, whole
from qresearch.domain.calls import told_calls
from qresearch.domain.commands import Act, Deed, PayIn
from qresearch.session.simulation import Simulation


@told_calls
class Account:
    """The account of a session, as one that acts; what it holds is shown by the portfolio and the tables.

    Parameters
    ----------
    simulation : Simulation

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> session.account.pay_in(50_000)
    >>> session.portfolio.cash, session.portfolio.profit
    (150000.0, 0.0)
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def pay_in(self, amount: float) -> None:
        """Pay cash in, or out with a negative amount; returns are counted as if it had not moved.

        Parameters
        ----------
        amount : float, currency

        Raises
        ------
        UsageError
            More is to go out than may; the message says how much may.
        """
        self._simulation.do(PayIn(self._steps("pay_in: amount", number("pay_in: amount", amount, 10_000))))

    def repay(self, amount: float) -> None:
        """Pay borrowed money back out of own cash: the oldest contract first, interest before principal.

        Parameters
        ----------
        amount : float, currency

        Raises
        ------
        UsageError
            Nothing is owed, or less own cash is there.
        """
        self._simulation.do(Act(Deed.REPAY, self._steps("repay: amount", price("repay: amount", amount))))

    def give_back(self, security: str, quantity: int) -> None:
        """Give shares that are held back to whom they were borrowed from: the oldest contract first.

        Parameters
        ----------
        security : str
        quantity : int, shares

        Raises
        ------
        UsageError
            More than is owed since before today, or than is held and may be sold today.
        UnknownSymbol
            No such instrument.
        """
        shares = whole("give_back: quantity", quantity, example=100)
        self._simulation.do(Act(Deed.GIVE_BACK, shares, self._simulation.market.column(security)))

    def convert(self, bond: str, quantity: int) -> None:
        """Turn convertible bonds that are held into shares, at the conversion price of the day.

        What is less than one share is paid in cash; the shares can be sold from the next trading day on.

        Parameters
        ----------
        bond : str
        quantity : int, bonds of 100

        Raises
        ------
        UsageError
            It converts into nothing, or not today; more than is held; the market has no bars of the share.
        UnknownSymbol
            No such instrument.
        """
        units = whole("convert: quantity", quantity, example=100)
        self._simulation.do(Act(Deed.CONVERT, units, self._simulation.market.column(bond)))

    def put_back(self, bond: str, quantity: int) -> None:
        """Give bonds that are held back to their issuer, at the price and within the days of their put.

        Parameters
        ----------
        bond : str
        quantity : int, bonds of 100

        Raises
        ------
        UsageError
            It cannot be given back, or not today; more than is held.
        UnknownSymbol
            No such instrument.
        """
        units = whole("put_back: quantity", quantity, example=100)
        self._simulation.do(Act(Deed.PUT_BACK, units, self._simulation.market.column(bond)))

    def _steps(self, name: str, amount: float) -> int:
        return self._simulation.exchange.money.money(name, float(amount))

    def __repr__(self) -> str:
        kind = self._simulation.exchange.account.name
        acts = "pay_in, repay, give_back, convert, put_back"
        return f"<Account of the kind {kind!r}: {acts}; see session.portfolio for what it holds>"
