"""A session as a program: by hand and from a strategy, as a session, a strategy and a notebook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import qresearch as qr

MARKET = qr.sample_market()


def busy() -> qr.Session:
    """Orders of several kinds, at several moments, by hand and from a strategy, on a second branch."""

    def act(context, data) -> None:
        if data.day % 3 == 0:
            context.order_value("604018", 5000)

    made = qr.Session(MARKET, start="2022-03-01", cash=100_000, costs="zero", strategy=act, strict=True)
    made.buy("604035", 300)
    made.step(2)
    made.step(phase="OPEN")
    resting = made.order("604035", 100, style=qr.terms.limit(20.5, tif="GTC", tag="low"))
    made.step(3)
    resting.update(quantity=200)
    made.set_order_cost(close_tax=0.001)
    made.set_slippage("bps", 5)
    made.back(2).branch("other")
    made.order_target("604035", 100)
    made.account.pay_in(5_000)
    made.step(4).cancel(made.order_lots("604018", 2))
    return made.step(phase="PRE_OPEN")


def test_a_script_ends_with_the_same_digest(tmp_path: Path) -> None:
    """Protects ``to_script``: it runs alone, in a fresh process, and checks its own digest."""
    made = busy()
    path = tmp_path / "session.py"
    text = made.to_script(path)
    assert path.read_text().startswith(text)  # then the mark of the file
    assert "Terms(kind=Kind.LIMIT, limit_price=20.5, time_in_force=TimeInForce.GTC, tag='low')" in text
    subprocess.run([sys.executable, "-W", "error", str(path)], check=True)
    space: dict[str, object] = {"DATA": MARKET}
    exec(compile(made.to_script(market="DATA"), "script", "exec"), space)
    twin = space["session"]
    assert isinstance(twin, qr.Session)
    assert (twin.now, twin.portfolio.equity) == (made.now, made.portfolio.equity)


def test_a_script_stands_at_the_last_bar_of_a_day() -> None:
    """Protects minute data: the bar that ends at the close is a stop before the close, whichever way one came there."""
    market = qr.sample_market("minute")
    made = qr.Session(market, start="2021-07-06", cash=100_000).run(until="2021-07-06 14:58", progress=False)
    for _ in range(3):
        made.buy("604018", 100)
        made.step(phase="next")
    made.run(until="2021-07-07 14:59", progress=False).step(phase="INTRADAY").sell("604018", 100)
    made.step(2)
    space: dict[str, object] = {"DATA": market}
    exec(compile(made.to_script(market="DATA"), "script", "exec"), space)
    assert space["session"].now == made.now  # type: ignore[attr-defined]


def test_a_script_refuses_other_data(tmp_path: Path) -> None:
    """Protects against a program that seems to work on data that have changed."""
    text = busy().to_script(tmp_path / "session.py").replace(MARKET.fingerprint, "0" * 64)
    (tmp_path / "session.py").write_text(text)
    found = subprocess.run([sys.executable, str(tmp_path / "session.py")], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "other data than those of the session" in found.stderr


def test_a_strategy_ends_with_the_same_digest(tmp_path: Path) -> None:
    """Protects ``kind="strategy"``: the same orders and payments come from callbacks of a script."""
    made = busy()
    made.to_script(tmp_path / "strategy.py", kind="strategy")
    twin = qr.Session(MARKET, start="2022-03-01", cash=100_000, costs="zero", strategy=tmp_path / "strategy.py")
    while twin.now != made.now:
        twin.step(phase="next")
    assert twin.digest() == made.digest()
    with pytest.raises(qr.UsageError, match="it can be 'session', 'strategy'"):
        made.to_script(kind="story")


def test_a_notebook_holds_the_same_program(tmp_path: Path) -> None:
    """Protects ``to_script`` of a notebook: a valid file whose cells, run in order, pass their own check."""
    made = busy()
    file = tmp_path / "session.ipynb"
    made.to_script(file, market="DATA")
    cells = json.loads(file.read_text())["cells"]
    space: dict[str, object] = {"DATA": MARKET}
    for cell in cells:
        exec(compile("".join(cell["source"]), "cell", "exec"), space)
    assert len(cells) == 3
