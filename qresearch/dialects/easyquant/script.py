"""An EasyQuant script as a strategy of a session."""

from __future__ import annotations

import datetime as dt
from typing import Any

from qresearch.dialects.easyquant.objects import EasyBars, EasyContext, FixedSlippage, VolumeSlippage
from qresearch.dialects.easyquant.words import Words
from qresearch.dialects.joinquant.account import Context
from qresearch.dialects.joinquant.order import LimitOrderStyle, MarketOrderStyle
from qresearch.dialects.joinquant.schedule import Calendar, Schedule
from qresearch.dialects.joinquant.script import Loaded, Script
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, PRE_OPEN
from qresearch.engine.fees import fixed_costs
from qresearch.session.strategy import Hooks, ScriptHost

_CLOSES = dt.time(15, 0)


class EasyScript(Script):
    """An EasyQuant script as a strategy of a session; parameters as of :class:`~.joinquant.Script`."""

    def options(self) -> dict[str, Any]:
        """Options of a session that runs it."""
        return {"clock": "next_open"}

    def load(self, host: ScriptHost) -> Hooks:
        """Bring the script to the shape of a strategy; called by the session."""
        return LoadedEasy(host.session, self).hooks()


class EasyCalendar(Calendar):
    """Weekdays of the calendar, and days of the month: a week whose day is a holiday is left out."""

    def is_due(self, schedule: Schedule, day: int) -> bool:
        """True when a schedule calls on a day (index)."""
        date: dt.date = self._days[day].item()
        if schedule.kind == "weekly":
            return date.weekday() == schedule.number
        if schedule.kind == "monthly":
            before: dt.date | None = self._days[day - 1].item() if day else None
            is_first = before is None or before.month != date.month or before.day < schedule.number
            return date.day >= schedule.number and is_first
        return True


class LoadedEasy(Loaded):
    """One EasyQuant script in one session."""

    calendar_kind = EasyCalendar

    def make_context(self) -> Context:
        """What every callback is given."""
        return EasyContext(self.run)

    def defaults(self) -> dict[str, Any]:
        """Settings that hold before the script sets its own: 0.025 % each way, at least 5 yuan, 0.05 % tax on sales."""
        return {"costs": fixed_costs(self.session.market.venue)}

    def words(self) -> dict[str, Any]:
        """Names that are not JoinQuant's."""
        words = Words(self.run)
        found = {name: getattr(words, name) for name in dir(Words) if not name.startswith("_")}
        return found | {"FixedSlippage": FixedSlippage, "VolumeSlippage": VolumeSlippage, "SlippageModel": object,
                        "MarketOrder": MarketOrderStyle, "LimitOrder": LimitOrderStyle}  # fmt: skip

    def named(self, phase: int) -> list[tuple[dt.time, str]]:
        """The callbacks that the script has registered."""
        registered = self.run.state.get("callbacks", {})
        times = {PRE_OPEN: ("before_trading_start", dt.time(9, 0)), CLOSE: ("handle_data", _CLOSES),
                 AFTER_CLOSE: ("after_trading_end", _CLOSES)}  # fmt: skip
        word, time = times.get(phase, ("", _CLOSES))
        return [(time, registered[word])] if word in registered else []

    def invoke(self, name: str, time: dt.time) -> None:
        """Call a function of the script at a time; `data` holds the newest whole bars."""
        self.data = EasyBars(self.run)  # type: ignore[assignment]  # that library's own shape
        super().invoke(name, time)
