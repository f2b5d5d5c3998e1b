"""The one way to look a sentence up: :class:`Words` in a language, and what was said kept apart from its language."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from qresearch.domain.instrument import Instrument
from qresearch.domain.reasons import Reason
from qresearch.domain.terms import Effect, Kind, Terms, TimeInForce
from qresearch.errors import choose

LANGUAGES = ("en", "zh")
TABLE = Path(__file__).with_name("catalogue.csv")


def _catalogue() -> Mapping[str, tuple[str, ...]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["key"]: tuple(row[name] for name in LANGUAGES) for row in csv.DictReader(file)})


_SHARE = re.compile(r"(?<!\{)\b([Ss])hare(?=s?\b)(?!s?\})")
_SHARE_ZH = re.compile(r"(?<![转送配正])股(?!票|东|息)")
"""Not what a bond is turned into, nor what a fund holds."""
_COUNTED = (
    "bond|breakpoint|call|contract|day|fill|finding|hit|line|lot|mark|order|other|position|request|row|run|session|share|"
    "step|stop|time|trial|unit"
)
_ONE = r"(?<![\w,.#-])1(?: (?:borrowed|covered|kept|locked|other|price|trading)\b)?"
_MANY = re.compile(rf"({_ONE} )(?:({_COUNTED})s|(entr)ies)\b")
_OF_ONE = {"are": "is", "were": "was", "have": "has", "need": "needs", "wait": "waits", "exceed": "exceeds"}
_AMONG = r"of it|of them|of 100 yuan|of the [\d,]+ \w+(?: held)?"
_VERB = re.compile(rf"({_ONE}(?: (?:{_COUNTED}|entry))?(?: (?:{_AMONG}))? )({'|'.join(_OF_ONE)})\b")
"""What is counted, and the verb behind it: the catalogue says both of many, and of one they read otherwise."""
_UNITS = {"share": "股", "lot": "手", "contract": "张", "bond": "张"}
"""What an instrument may be counted in (:attr:`Instrument.unit`), in English and Chinese."""
_NO_PRICES = frozenset({"the market", "(none)"})
"""What a fact says where there is no price."""
_TWO_PRICES = frozenset({Kind.STOP_LIMIT, Kind.LIMIT_IF_TOUCHED})
CATALOGUE = _catalogue()
"""Key: (English, Chinese)."""


class Reasoned(Protocol):
    """An order, or an event of one, with its reason and the facts of it."""

    @property
    def reason(self) -> Reason | None:
        """Its code; None without one."""

    @property
    def facts(self) -> Mapping[str, Any] | None:
        """The numbers of its sentence."""


class Said:
    """A sentence before it is told in a language.

    Parameters
    ----------
    key : str
    **facts
        What fills its braces: text, numbers, members of an enumeration (told by their code), other sentences, or a
        tuple of sentences (told one after the other).
    """

    __slots__ = ("facts", "key", "unit")

    def __init__(self, key: str, /, **facts: object) -> None:
        self.key, self.facts, self.unit = key, facts, "share"

    def of(self, item: Instrument | None) -> Said:
        """The same of an instrument, in the unit in which it is counted."""
        self.unit = "share" if item is None else item.unit
        return self


class Message(str):
    """What was said, told in a language; :meth:`Words.again` tells it in another one."""

    __slots__ = ("said",)
    said: tuple[Said | str, ...]


class Words:
    """All that is said to a person, in one language. The catalogue counts many; of one it is said as of one.

    Parameters
    ----------
    language : {"en", "zh"}
    unit : {"share", "lot", "contract", "bond"}
        What is counted; the catalogue says it of shares.

    Raises
    ------
    UsageError
        Another language; pass "en" or "zh".

    Examples
    --------
    >>> words = Words("zh")
    >>> words("ticket"), words("opens_at", price="9.52"), words(Reason.SUSPENDED, day="2024-01-31")
    ('下单', '；开盘价 9.52', '2024-01-31停牌。')
    """

    def __init__(self, language: str, *, unit: str = "share") -> None:
        self.language, self.unit = choose("language", language, LANGUAGES), choose("unit", unit, _UNITS)
        self._place = LANGUAGES.index(language)

    def __call__(self, key: str, /, **facts: object) -> str:
        """A sentence or a label; `facts` fill its braces. The key of a reason is the reason: its facts are numbers."""
        text = CATALOGUE[key][self._place]
        if self.unit != "share":
            text = self._counted(text)
        if not facts:
            # Without its numbers no bar was asked: the order takes opening prices only, and none has come yet.
            return self("takes_opens_only") if key is Reason.VOLUME_CAP else text
        if isinstance(key, Reason):
            facts = {name: self(value) if value in _NO_PRICES else _plain(value) for name, value in facts.items()}
        text = text.format_map(facts)
        return text if self._place or "1 " not in text else _of_one(text)

    def of(self, item: Instrument) -> Words:
        """The words for an instrument, in the unit in which it is counted.

        >>> from qresearch.domain.contract import Contract, Rates
        >>> future = Instrument("IF2406", contract=Contract("IF", 300, 0.2, (Rates(None, 0.12, 0.12),)))
        >>> Words("en").of(future)("of_shares", shares=3)
        '3 lots'
        """
        return self if item.unit == self.unit else Words(self.language, unit=item.unit)

    def why(self, item: Instrument, told: Reasoned) -> str:
        """Why something became of an order of an instrument, in the unit of that; empty without a reason.

        >>> from types import SimpleNamespace
        >>> refused = SimpleNamespace(reason=Reason.NO_CHANGE, facts={"held": 2})
        >>> Words("en").why(Instrument("604018.SH"), refused)
        'Nothing to do: the 2 shares held already are what was asked for.'
        """
        return "" if told.reason is None else self.of(item)(told.reason, **(told.facts or {}))

    def _counted(self, text: str) -> str:
        """A sentence of the catalogue, which speaks of shares, in another unit."""
        if self._place:
            return _SHARE_ZH.sub(_UNITS[self.unit], text.replace("股份", "持仓"))
        rest = self.unit[1:]
        return _SHARE.sub(lambda found: (self.unit[0].upper() if found[1] == "S" else self.unit[0]) + rest, text)

    def code(self, code: str) -> str:
        """The name of a state, a phase or a type; English has none of its own and shows the code.

        >>> Words("en").code("PRE_OPEN"), Words("zh").code("PRE_OPEN")
        ('PRE_OPEN', '开盘前')
        """
        return CATALOGUE[code][self._place] if self._place else code

    def fee(self, part: str) -> str:
        """The name of a part of the fees; one that the catalogue does not know is called by its own name.

        >>> Words("en").fee("stamp_duty"), Words("zh").fee("stamp_duty"), Words("zh").fee("exchange_fee")
        ('Stamp duty', '印花税', 'Exchange fee')
        """
        return self(part) if part in CATALOGUE else part.replace("_", " ").capitalize()

    def advice(self, reason: Reason) -> str:
        """What to do about a reason; empty where there is nothing to do.

        >>> Words("en").advice(Reason.SUSPENDED)
        'Order again when trading resumes.'
        """
        key = f"advice_{reason}"
        return self(key) if key in CATALOGUE else ""

    def terms(self, terms: Terms, *, lasting: bool = True) -> str:
        """Type, prices and time in force of an order.

        Parameters
        ----------
        terms : Terms
        lasting : bool
            False leaves out how long it is good for, where that is told beside it.

        Examples
        --------
        >>> from qresearch.domain.terms import limit, limit_if_touched, trailing_stop
        >>> Words("en").terms(limit(10.5, tif="GTC")), Words("en").terms(limit_if_touched(9.5, 9.6))
        ('limit 10.50, until canceled', 'limit 9.60 if touched 9.50')
        >>> Words("en").terms(trailing_stop(percent=5, tif="DAY"))
        'trailing stop 5.00% behind'
        """
        prices = {
            "stop": "" if terms.stop_price is None else price(terms.stop_price),
            "limit": "" if terms.limit_price is None else price(terms.limit_price),
        }
        if terms.trail is not None:
            distance = f"{terms.trail:.2%}" if terms.trail_is_fraction else price(terms.trail)
            text = self("trailing_terms", distance=distance, **prices)
        elif terms.kind in _TWO_PRICES:
            text = self(f"{terms.kind.value.lower()}_terms", **prices)
        else:
            text = f"{self(terms.kind.value)} {prices['stop'] or prices['limit']}"
        parts = [" ".join(text.split())]
        if terms.effect is not Effect.AUTO:
            parts.append(self(f"to_{terms.effect.value.lower()}"))
        if terms.volume_share is not None:
            parts.append(self("share_of_volume", share=f"{terms.volume_share:.2%}"))
        if terms.waits:
            parts.append(self(f"from_next_{terms.waits}"))
        if lasting and terms.time_in_force is not TimeInForce.DAY:
            tif = terms.time_in_force
            until = tif.value if tif is not TimeInForce.GTC else self(tif.value)
            parts.append(until if terms.good_till is None else self("good_until", day=terms.good_till))
        return self("part_comma").join(parts)

    def named(self, language: str | None) -> Words:
        """The words in a language that was asked for; these ones when none was."""
        return self if language is None else Words(language, unit=self.unit)

    def tell(self, *said: Said | str | None) -> Message:
        """Some sentences, one after the other; what is None or empty is left out.

        >>> told = Words("en").tell(Said("order_filled", order=1, shares="100", price="9.5"), "As it stands.")
        >>> told, Words("zh").again(told)
        ('order 1 filled 100 at 9.5 As it stands.', '委托 1 以 9.5 成交 100 股As it stands.')
        """
        kept = tuple(part for part in said if part)
        message = Message(self("between_sentences").join(str(self._told(part)) for part in kept))
        message.said = kept
        return message

    def again(self, message: str) -> str:
        """A message in this language, whatever language it was told in; plain text as it is."""
        return self.tell(*message.said) if isinstance(message, Message) else message

    def _told(self, fact: object) -> object:
        match fact:
            case Said(key=key, facts=facts, unit=unit):
                words = self if unit in {"share", self.unit} else Words(self.language, unit=unit)
                return words(key, **{name: self._told(value) for name, value in facts.items()})
            case Enum(value=code):
                return self.code(code)
            case tuple():
                return self("list_comma").join(str(self._told(part)).rstrip(".。") for part in fact)
            case _:
                return fact


def price(value: float) -> str:
    """A price: two decimals, more where they are needed (three, below 1 six); a dash for NaN.

    >>> price(9.5), price(0.123456), price(float("nan"))
    ('9.50', '0.123456', '–')
    """
    if value != value:
        return "–"
    return _filled(f"{value:,.{6 if abs(value) < 1 else 3}f}")


def _of_one(text: str) -> str:
    """A sentence in which one of something is not said as of many.

    >>> _of_one("1 other requests wait, 1 of the 21 shares were taken, 1 entries")
    '1 other request waits, 1 of the 21 shares was taken, 1 entry'
    """
    text = _MANY.sub(lambda found: f"{found[1]}{found[2] or f'{found[3]}y'}", text)
    return _VERB.sub(lambda found: f"{found[1]}{_OF_ONE[found[2]]}", text)


def _filled(text: str) -> str:
    """Digits with two decimals, more where they are."""
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0'):0<2}"


ENGLISH = Words("en")
"""For tables and files, which are read by programs too."""


def _plain(value: object) -> str:
    """Numbers as people write them."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    # Prices that a vendor has adjusted may be small and on no tick.
    places = 6 if abs(value) < 10 else 3
    return _filled(f"{value:,.{places}f}") if abs(value) < 1000 else f"{value:,.2f}"
