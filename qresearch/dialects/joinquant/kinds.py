"""The sub-accounts of a script that hold futures, or trade on margin: each is an account of its own beside the first.

Sub-accounts of shares share the first account (:mod:`.subaccounts`); those of another kind have their own rules, cash
and orders, so that a margin call in one of them never touches the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qresearch.engine.accounts.margin import MarginTrading
from qresearch.errors import UsageError

if TYPE_CHECKING:
    from qresearch.dialects.script.run import Run

KINDS = {"futures": "futures", "index_futures": "futures", "stock_margin": "margin"}
"""Type of a sub-account to the kind of account that it is."""
TYPES = ("stock", *KINDS)

INTEREST = {"margincash_interest_rate": "financing_rate", "marginsec_interest_rate": "lending_rate"}
"""Option to the rule of an account of margin trading."""


class Kinds:
    """The sub-accounts of other kinds than shares.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._runs: dict[Any, Run] = {}

    @property
    def types(self) -> list[str]:
        """The type of every sub-account; empty without ``set_subportfolios``."""
        found: list[str] = self._run.state.get("subtypes", [])
        return found

    def type_of(self, number: int) -> str:
        """The type of a sub-account; "stock" where nothing was divided."""
        types = self.types
        return types[number] if number < len(types) else "stock"

    def run_of(self, number: int) -> Run:
        """The script with a sub-account; the script itself for one of shares."""
        if self.type_of(number) == "stock":
            return self._run
        host = self._run.host.others.port_to(_name(number))
        found = self._runs.get(host)
        if found is None:
            found = self._runs[host] = self._run.beside(host, number)
            self._run.host.keep_alive({f"script with sub-account {number}, {len(self._runs)}": found})
        return found

    def runs(self, kind: str = "") -> list[Run]:
        """The script with every sub-account of a kind, or of every kind but shares."""
        numbers = [number for number, name in enumerate(self.types) if name != "stock" and kind in {"", KINDS[name]}]
        return [self.run_of(number) for number in numbers]

    def open(self, number: int, kind: str, cash: float) -> None:
        """Open a sub-account, with some cash of the first account."""
        options = self._run.state["options"]
        rules: dict[str, Any] = {
            rule: float(options[name]) for name, rule in INTEREST.items() if options.get(name) is not None
        }
        account: Any = KINDS[kind]
        if KINDS[kind] == "margin" and rules:
            account = MarginTrading(**rules)
        slippage = self._run.host.account.settings
        self._run.host.others.open(_name(number), cash, account=account, sizing="floor", dividend_tax=0.2)
        self.run_of(number).host.change(slippage=slippage.slippage, slippage_by=slippage.slippage_by)
        if KINDS[kind] == "margin":
            self.run_of(number).host.change(costs=slippage.costs)

    def transfer(self, source: int, target: int, cash: float) -> bool:
        """Move money between two sub-accounts, at least one of which is of another kind; False when it was refused."""
        host = self._run.host
        names = [host.others.name if self.type_of(number) == "stock" else _name(number) for number in (source, target)]
        return host.others.transfer(names[0], names[1], cash)

    def refuse_late(self, option: str) -> None:
        """Raise UsageError for an option of margin trading that comes after such an account was opened."""
        if "stock_margin" in self.types:
            raise UsageError(
                f"set_option({option!r}) comes after set_subportfolios: the account of margin trading is open by now, "
                "at the rates of then. Set the option first."
            )


def _name(number: int) -> str:
    return f"pindex {number}"
