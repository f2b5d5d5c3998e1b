"""Small expressions on a session, such as ``positions['600519.SH'].quantity > 1000``.

Text is read by a walker over a closed list of nodes: names of the account, attributes and items, arithmetic,
comparisons, and a few functions of numbers. No other call, no name that begins with an underscore, no builtins.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from qresearch.domain.arguments import function
from qresearch.errors import UsageError, close_matches, did_you_mean, shown
from qresearch.session.port import AnySession

Measure = Callable[[AnySession], Any]

NAMES: Mapping[str, Measure] = {
    "cash": lambda session: session.portfolio.cash,
    "equity": lambda session: session.portfolio.equity,
    "floating_profit": lambda session: session.portfolio.floating_profit,
    "market_value": lambda session: session.portfolio.market_value,
    "memory": lambda session: session.memory,
    "nav": lambda session: session.portfolio.nav,
    "now": lambda session: session.now,
    "open_orders": lambda session: len(session.simulation.orders.now().open),
    "portfolio": lambda session: session.portfolio,
    "positions": lambda session: session.portfolio.positions,
    "profit": lambda session: session.portfolio.profit,
    "realised_profit": lambda session: session.portfolio.realised_profit,
}
"""What an expression may begin with."""

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs, "bool": bool, "float": float, "int": int, "len": len, "max": max, "min": min, "round": round,
    "str": str, "sum": sum,
}  # fmt: skip

_BINARY: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Eq: operator.eq, ast.NotEq: operator.ne,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.In: lambda item, held: item in held, ast.NotIn: lambda item, held: item not in held,
    ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip

_UNARY: Mapping[type, Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}


def measure(what: str | Measure) -> Measure:
    """What to compute on a session, from an expression or a function.

    Parameters
    ----------
    what : str or callable
        An expression on :data:`NAMES`, or a function of the session.

    Raises
    ------
    UsageError
        The text is no expression, or uses something that is not allowed; pass a function instead.

    Examples
    --------
    >>> import qresearch as qr
    >>> measure("cash / 2")(qr.Session(qr.sample_market(), cash=1000))
    500.0
    """
    if callable(what):
        return function("a function", what, "the session")
    if not isinstance(what, str):
        raise UsageError(
            f"{shown(what)} is neither an expression nor a function. Write an expression such as "
            "\"positions['600519'].quantity\", or pass a function of the session."
        )
    try:
        tree = ast.parse(what.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        why = problem.msg if isinstance(problem, SyntaxError) else "it cannot be read"
        raise UsageError(
            f"{shown(what)} is no expression: {why}. Write one such as \"positions['600519'].quantity\", "
            "or pass a function of the session."
        ) from None
    _check(tree, what)
    return lambda session: _evaluate(tree, session)


def label(what: str | Measure) -> str:
    """What a column of it is called."""
    return what if isinstance(what, str) else getattr(what, "__name__", type(what).__name__).strip("<>")


def _check(tree: ast.AST, text: str) -> None:
    """Refuse what the walker does not know before anything runs."""
    allowed = (
        ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare,
        ast.IfExp, ast.Call, ast.List, ast.Tuple, ast.Load, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
    )  # fmt: skip
    for node in ast.walk(tree):
        if not isinstance(node, allowed) or isinstance(node, (ast.Pow, ast.LShift)):
            raise UsageError(
                f"{shown(text)}: {type(node).__name__} is not allowed in an expression. "
                "Pass a function of the session instead."
            )
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS):
            raise UsageError(
                f"{shown(text)}: only {', '.join(_FUNCTIONS)} can be called in an expression. "
                "Pass a function of the session instead."
            )
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            raise UsageError(f"{shown(text)}: {node.attr!r} is private. Pass a function of the session instead.")
        if isinstance(node, ast.Name) and node.id not in NAMES and node.id not in _FUNCTIONS:
            raise UsageError(
                f"{shown(text)}: {node.id!r} is not known. {did_you_mean(close_matches(node.id, NAMES))}"
                f"Write an expression that begins with one of {', '.join(NAMES)}."
            )


def _evaluate(node: ast.AST, session: AnySession) -> Any:  # noqa: PLR0911  # one arm per node, on purpose
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return NAMES[name](session)
        case ast.Attribute(value=value, attr=name):
            return getattr(_evaluate(value, session), name)
        case ast.Subscript(value=value, slice=place):
            return _evaluate(value, session)[_evaluate(place, session)]
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_evaluate(left, session), _evaluate(right, session))
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_evaluate(operand, session))
        case ast.BoolOp(op=op, values=values):
            results = (_evaluate(value, session) for value in values)
            return all(results) if isinstance(op, ast.And) else any(results)
        case ast.IfExp(test=test, body=body, orelse=other):
            return _evaluate(body if _evaluate(test, session) else other, session)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _FUNCTIONS[name](*(_evaluate(item, session) for item in arguments))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_evaluate(item, session) for item in items]
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [_evaluate(item, session) for item in (left, *others)]
            return all(_BINARY[type(op)](values[at], values[at + 1]) for at, op in enumerate(ops))
        case _:
            raise UsageError(f"{type(node).__name__} is not allowed in an expression. Pass a function of the session.")
