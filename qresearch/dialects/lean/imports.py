"""What ``from AlgorithmImports import *`` gives to a script, and the older modules beside it."""

from __future__ import annotations

import abc
import builtins
import collections
import copy
import datetime as dt
import enum
import functools
import heapq
import itertools
import json
import math
import random
import re
import statistics
import sys
import traceback
import typing
import uuid
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.lean import (
    bars,
    brokerage,
    consolidators,
    corporate,
    derivatives,
    enums,
    exchange,
    fees,
    fill,
    holdings,
    impact,
    indicators,
    indicators_of_bars,
    order_words,
    orders,
    portfolio,
    power,
    requests,
    schedule,
    securities,
    shortable,
    symbols,
    system,
    target_words,
    tickets,
    universes,
)
from qresearch.dialects.lean.algorithm import QCAlgorithm
from qresearch.dialects.lean.names import Listed
from qresearch.dialects.lean.refused import CLASSES

FAMILY = ("AlgorithmImports", "QuantConnect", "clr", "System", "QuantConnectStubsGenerator")
"""Modules that are this one, with everything below them."""
_PARTS = (
    bars, brokerage, consolidators, corporate, derivatives, enums, exchange, fees, fill, holdings, impact, indicators,
    indicators_of_bars, order_words, orders, portfolio, power, requests, schedule, securities, shortable, symbols,
    system, target_words, tickets, universes,
)  # fmt: skip


def family() -> dict[str, Any]:
    """Every name of LEAN, and what else comes with the import."""
    found: dict[str, Any] = {
        name: value for part in _PARTS for name, value in vars(part).items()
        if isinstance(value, type) and not name.startswith("_") and value.__module__ == part.__name__
    }  # fmt: skip
    found |= {**CLASSES,
        "QCAlgorithm": QCAlgorithm, "AddReference": lambda *_: None, "datetime": dt.datetime, "date": dt.date,
        "timedelta": dt.timedelta, "time": dt.time, "np": np, "pd": pd, "math": math, "json": json, "random": random,
        "deque": collections.deque, "defaultdict": collections.defaultdict, "collections": collections, "sys": sys,
        "List": list, "Dict": dict, "Tuple": tuple, "Optional": typing.Optional, "Union": typing.Union, "Any": Any,
        "Slippage": fees.NullSlippageModel, "SecurityHolding": found["Holding"], "Dictionary": dict,
        "EquityExchange": found["SecurityExchange"],
        "Equity": found["Security"],
        "IdentityDataConsolidator": consolidators.TradeBarConsolidator, "GroupOrderManager": requests.Group,
        "IAlgorithm": QCAlgorithm, "IBaseData": bars.TradeBar, "IBaseDataBar": bars.TradeBar, "BaseData": bars.TradeBar,
        "TradeBars": bars.Table, "QuoteBars": bars.Table, "Splits": bars.Table, "Dividends": bars.Table,
        "Delistings": bars.Table, "String": str, "Object": object, "Int32": int, "Double": float,
        "overload": typing.overload, "Callable": Callable, "Enum": enum.Enum, "abstractmethod": abc.abstractmethod,
        "ABC": abc.ABC, "wraps": functools.wraps, "reduce": functools.reduce, "partial": functools.partial,
        "heapq": heapq, "itertools": itertools, "chain": itertools.chain, "namedtuple": collections.namedtuple,
        "OrderedDict": collections.OrderedDict, "Counter": collections.Counter, "traceback": traceback,
        "warnings": warnings, "uuid4": uuid.uuid4, "re": re, "copy": copy, "statistics": statistics,
        "floor": math.floor, "ceil": math.ceil, "sqrt": math.sqrt, "sin": math.sin, "exp": math.exp, "log": math.log,
        "SecurityPortfolioManager": found["Portfolio"], "SecurityManager": found["Securities"],
        "Time": _Time, "Field": _Field, "Calendar": _Calendar, "TimeZones": _TimeZones, "Decimal": float,
        "Math": math, "Fundamental": found["CoarseFundamental"],
    }  # fmt: skip
    return found


class _Time(metaclass=Listed):
    """Spans of time."""

    ONE_DAY = OneDay = dt.timedelta(days=1)
    ONE_HOUR = OneHour = dt.timedelta(hours=1)
    ONE_MINUTE = OneMinute = dt.timedelta(minutes=1)
    ONE_SECOND = OneSecond = dt.timedelta(seconds=1)


class _TimeZones(metaclass=Listed):
    """Names of zones."""

    NEW_YORK = NewYork = "America/New_York"
    UTC = Utc = "UTC"
    TORONTO = Toronto = "America/Toronto"
    LOS_ANGELES = LosAngeles = "America/Los_Angeles"
    HONG_KONG = HongKong = "Asia/Hong_Kong"
    SHANGHAI = Shanghai = "Asia/Shanghai"
    TOKYO = Tokyo = "Asia/Tokyo"
    BERLIN = Berlin = "Europe/Berlin"
    CHICAGO = Chicago = "America/Chicago"
    LONDON = London = "Europe/London"


def _read(name: str) -> Any:
    def read(bar: Any) -> float:
        return float(getattr(bar, name))

    return staticmethod(read)


class _Field(metaclass=Listed):
    """What an indicator reads of a bar."""

    OPEN = Open = _read("open")
    HIGH = High = _read("high")
    LOW = Low = _read("low")
    CLOSE = Close = _read("close")
    VOLUME = Volume = _read("volume")


class _Calendar(metaclass=Listed):
    """Begin and span of the week and the month of a moment, for consolidators."""

    @staticmethod
    def weekly(moment: dt.datetime) -> tuple[dt.datetime, dt.timedelta]:
        """From Monday."""
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return day - dt.timedelta(days=day.weekday()), dt.timedelta(days=7)

    @staticmethod
    def monthly(moment: dt.datetime) -> tuple[dt.datetime, dt.timedelta]:
        """From the first."""
        first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return first, (first + dt.timedelta(days=32)).replace(day=1) - first

    WEEKLY = Weekly = weekly
    MONTHLY = Monthly = monthly


def namespace(file: str) -> dict[str, Any]:
    """The globals of a script, with an import of its own for the modules of LEAN."""
    names = family()
    module = ModuleType("AlgorithmImports", "Of qresearch: the words of LEAN over the simulated exchange.")
    module.__dict__.update({**names, "__all__": list(names), "__path__": []})
    plain = builtins.__import__

    def imported(name: str, *rest: Any, **named: Any) -> Any:
        return module if name.partition(".")[0] in FAMILY else plain(name, *rest, **named)

    words = {**vars(builtins), "__import__": imported}
    return {"__name__": "lean_script", "__file__": file, "__builtins__": words}
