"""What an account does without the market: cash that comes and goes, debts paid back, rights that are used."""

from __future__ import annotations

from qresearch.book.portfolio import Portfolio
from qresearch.domain.arguments import number, whole
from qresearch.domain.attributes import told_names
from qresearch.domain.calls import told_calls
from qresearch.domain.commands import Act, Deed, PayIn
from qresearch.session.accounts import Accounts
from qresearch.session.simulation import Simulation


def _shown_by(account: Account, name: str) -> str:
    if name in account.all:
        return f"Write session.account.all[{name!r}]."
    return f"Write session.portfolio.{name}." if hasattr(Portfolio, name) else ""


@told_names(_shown_by)
@told_calls
class Account:
    """The account of a session, as one that acts; what it holds is shown by the portfolio and the tables.

    Parameters
    ----------
    simulation : Simulation
    accounts : Accounts
        All accounts of the session.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> session.account.pay_in(50_000)
    >>> session.portfolio.cash, session.portfolio.profit
    (150000.0, 0.0)
    """

    def __init__(self, simulation: Simulation, accounts: Accounts) -> None:
        self._simulation, self._accounts = simulation, accounts

    @property
    def all(self) -> Accounts:
        """All accounts of the session, this one among them: to open others, and to move money between them."""
        return self._accounts

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
        steps = self._simulation.exchange.money.some("repay: amount", number("repay: amount", amount, 10_000))
        self._simulation.do(Act(Deed.REPAY, steps))

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
        self._do(Deed.GIVE_BACK, "give_back: quantity", security, quantity, 100)

    def lock(self, security: str, units: int) -> None:
        """Lock units that are held, so that calls can be written on them without margin (``terms.covered_open``).

        Parameters
        ----------
        security : str
            A fund or share on which calls are listed; locked units cannot be sold.
        units : int

        Raises
        ------
        UsageError
            More than are held and not locked yet.
        """
        self._do(Deed.LOCK, "lock: units", security, units, 10_000)

    def unlock(self, security: str, units: int) -> None:
        """Free units that no covered call needs.

        Parameters
        ----------
        security : str
        units : int

        Raises
        ------
        UsageError
            More than are locked and free of covered calls.
        """
        self._do(Deed.UNLOCK, "unlock: units", security, units, 10_000)

    def exercise(self, option: str, contracts: int) -> None:
        """Use the right of options that are held; what is in the money on its last day is exercised by itself.

        Units against the strike come on the next trading day, lots of a future at once.

        Parameters
        ----------
        option : str
        contracts : int

        Raises
        ------
        UsageError
            More than are held; before the last day of a European option; or without the cash or units for it.
        """
        self._do(Deed.EXERCISE, "exercise: contracts", option, contracts, 1)

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
        self._do(Deed.CONVERT, "convert: quantity", bond, quantity, 100)

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
        self._do(Deed.PUT_BACK, "put_back: quantity", bond, quantity, 100)

    def _do(self, deed: Deed, what: str, security: str, count: int, example: int) -> None:
        units = whole(what, count, example=example)
        self._simulation.do(Act(deed, units, self._simulation.market.column(security)))

    def _steps(self, name: str, amount: float) -> int:
        return self._simulation.exchange.money.money(name, float(amount))

    def __repr__(self) -> str:
        kind = self._simulation.exchange.account.name
        can = "pay_in, repay, give_back, lock, unlock, exercise, convert, put_back"
        return f"<Account of the kind {kind!r}: {can}; see session.portfolio for what it holds>"
