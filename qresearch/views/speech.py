"""What the pictures of orders say, in English and Chinese. In English states and moves keep their codes."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from qresearch.domain.moment import PHASES
from qresearch.domain.order import Move, Status
from qresearch.session.explain_words import Say

if TYPE_CHECKING:
    from qresearch.views.lives import Life

PHRASES = MappingProxyType({
    "states_title": ("The states of an order", "委托的状态"),
    "states_key": (
        "coloured: where it has been · solid: where it is · numbers: the steps below",
        "着色:经过的状态 · 实心:当前状态 · 数字:下方各步",
    ),
    "asked_for": ("asked for", "提出"),
    "left_out": ("… {count} lines left out …", "… 省略 {count} 行 …"),
})  # fmt: skip
"""Key: (English, Chinese)."""

MOVES_ZH = MappingProxyType({
    Move.QUEUE: "排队", Move.RELEASE: "进入市场", Move.REJECT: "拒绝", Move.TRIM: "缩减", Move.WAIT: "等待",
    Move.SCALE: "送转", Move.FILL: "成交", Move.CANCEL: "撤单", Move.EXPIRE: "过期", Move.REFUSE_CANCEL: "撤单被拒",
    Move.TRIGGER: "触发", Move.UPDATE: "改单", Move.REQUEST_UPDATE: "请求改单", Move.REFUSE_UPDATE: "改单被拒",
    Move.REQUEST_CANCEL: "请求撤单",
})  # fmt: skip


class Speech:
    """The words of the pictures in one language.

    Parameters
    ----------
    language : {"en", "zh"}

    Examples
    --------
    >>> Speech("en").move(Move.REFUSE_CANCEL), Speech("zh").state(Status.QUEUED)
    ('refuse cancel', '排队')
    """

    def __init__(self, language: str) -> None:
        self._say, self._is_chinese = Say(language), language == "zh"

    def __call__(self, key: str, **facts: object) -> str:
        """A phrase; `facts` fill its braces."""
        return PHRASES[key][self._is_chinese].format(**facts)

    def state(self, status: Status) -> str:
        """A state; its code in English."""
        return self._say.name(status.value)

    def move(self, move: Move) -> str:
        """A move from one state to another."""
        return MOVES_ZH[move] if self._is_chinese else move.value.replace("_", " ")

    def phase(self, phase: int) -> str:
        """A phase of the day."""
        code = PHASES[phase].value
        return self._say.name(code) if self._is_chinese else code.replace("_", " ").lower()

    def name(self, life: Life, symbols: Sequence[str] | None) -> str:
        """An order in a few words, with its symbol where the columns have names."""
        order = life.order
        side = self._say("sell" if order.quantity < 0 else "buy")
        symbol = f"{abs(order.quantity):,}" + ("" if symbols is None else f" {symbols[order.instrument]}")
        return self._say("title", order=order.order_id, side=side, symbol=symbol)
