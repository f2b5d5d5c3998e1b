"""Expressions of old scripts as calls: what Python 2 and the pandas of its time made of them.

Every script is changed in this way where both say the same for what is new: positions of series that a library gave,
days in an index of times, numbers made of an array of one. What only Python 2 did (whole division, lists where there
are views today, rounding away from zero) holds for scripts whose text can be nothing but Python 2.
"""

from __future__ import annotations

import ast
import builtins
import functools
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.data.old_labels import place_of
from qresearch.dialects.data.old_pandas import Series

VIEWS = {"iteritems": "items", "itervalues": "values", "iterkeys": "keys"}
"""Method of a mapping of Python 2 to that of Python 3."""


SINGLE = {"float": "float of one", "int": "int of one"}
"""Builtin to what is called in its place: it also takes an array or a series of one value, as it did before numpy 2.

No script can say these names: they are no identifiers.
"""


def single(value: Any) -> Any:
    """The value of an array, a series or a frame that holds just one; anything else as it is.

    >>> float(single(pd.Series([1.5]))), single("text")
    (1.5, 'text')
    """
    is_one = isinstance(value, (np.ndarray, pd.Series, pd.DataFrame)) and value.size == 1
    return np.asarray(value).reshape(-1)[0] if is_one else value


def of_one(kind: type) -> Callable[..., Any]:
    """``float`` or ``int`` of one value, also of an array or a series that holds just one.

    >>> of_one(float)(np.array([[1.5]])), of_one(int)("3")
    (1.5, 3)
    """

    def converted(*value: Any) -> Any:
        return kind(*map(single, value))

    return converted


# What is called in the place of expressions: no script can say these names.
ITEM, PUT, WITHIN = "item of", "put into", "within"
_VIEWS = (KeysView, ValuesView, ItemsView, map, filter, zip)


def item_of(held: Any, key: Any) -> Any:
    """``held[key]``: of a series of a library integers are positions; what was a list in Python 2 has places.

    >>> float(item_of(pd.Series([1.0, 2.0], index=["a", "b"]), -1)), item_of({"a": 1}.keys(), 0)
    (2.0, 'a')
    """
    if type(held) is pd.Series:
        held = Series(held)
    elif isinstance(held, _VIEWS):
        held = list(held)
    return held[key]


def put_into(held: Any, key: Any, value: Any, *, of_values: bool = False) -> None:
    """``held[key] = value``, or ``held.values[key] = value``, whose values were those of the series or frame itself."""
    if of_values:
        if isinstance(held, (pd.Series, pd.DataFrame)):
            values = held.to_numpy(copy=True)
            values[key] = value
            held[:] = values
            return
        held = held.values
    place = place_of(held.index, key) if type(held) is pd.Series else None
    if place is None:
        held[key] = value
    else:
        held.iloc[place] = value


class OldCalls(ast.NodeTransformer):
    """Brings such calls to Python 3, and counts them. Functions of the same names with arguments, as in six, stay.

    >>> tree = ast.parse("d.has_key('a') and list(d.iteritems()) and six.iteritems(d)")
    >>> old = OldCalls()
    >>> ast.unparse(old.visit(tree)), old.count
    ("'a' in d and list(d.items()) and six.iteritems(d)", 2)
    """

    def __init__(self) -> None:
        self.count = 0

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Change one call, after those inside it."""
        self.generic_visit(node)
        method = node.func
        if isinstance(method, ast.Name) and method.id in SINGLE and len(node.args) == 1 and not node.keywords:
            node.func = ast.copy_location(ast.Name(SINGLE[method.id], ast.Load()), method)
            return node
        if not isinstance(method, ast.Attribute) or node.keywords:
            return node
        if method.attr in VIEWS and not node.args:
            self.count += 1
            method.attr = VIEWS[method.attr]
        elif method.attr == "has_key" and len(node.args) == 1:
            self.count += 1
            return ast.copy_location(ast.Compare(node.args[0], [ast.In()], [method.value]), node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """``a[b]``, unless it is plain what ``b`` means."""
        self.generic_visit(node)
        plain = isinstance(node.slice, (ast.Slice, ast.Tuple)) or _is_text(node.slice)
        if plain or not isinstance(node.ctx, ast.Load):
            return node
        return _called(node, ITEM, node.value, node.slice)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        """Types of names are nobody's positions."""
        node.value = None if node.value is None else self.visit(node.value)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        """A function; the types of its arguments stay."""
        node.body = [self.visit(item) for item in node.body]
        node.args.defaults = [self.visit(item) for item in node.args.defaults]
        node.decorator_list = [self.visit(item) for item in node.decorator_list]
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        """``a[b] = c``, of one target."""
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Subscript):
            return node
        held, is_value = target.value, False
        if isinstance(held, ast.Attribute) and held.attr == "values":
            held, is_value = held.value, True
        elif isinstance(target.slice, (ast.Slice, ast.Tuple)) or _is_text(target.slice):
            return node
        key = _slice_call(target.slice)
        call = _called(node, PUT, held, key, node.value)
        if is_value:
            call.keywords.append(ast.keyword("of_values", ast.copy_location(ast.Constant(True), node)))
        return ast.copy_location(ast.Expr(call), node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """``a in b`` and ``a not in b``."""
        self.generic_visit(node)
        if len(node.ops) > 1 or not isinstance(node.ops[0], (ast.In, ast.NotIn)):
            return node
        found = _called(node, WITHIN, node.left, node.comparators[0])
        return found if isinstance(node.ops[0], ast.In) else ast.copy_location(ast.UnaryOp(ast.Not(), found), node)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _slice_call(key: ast.expr) -> ast.expr:
    """A key as an expression: ``a:b`` as a call of slice."""
    if isinstance(key, ast.Slice):
        ends = [end or ast.copy_location(ast.Constant(None), key) for end in (key.lower, key.upper, key.step)]
        return _called(key, "slice", *ends)
    if isinstance(key, ast.Tuple):
        return ast.copy_location(ast.Tuple([_slice_call(item) for item in key.elts], ast.Load()), key)
    return key


def _called(place: ast.AST, name: str, *arguments: ast.expr) -> ast.Call:
    """A call of a name in the place of an expression."""
    return ast.copy_location(ast.Call(ast.copy_location(ast.Name(name, ast.Load()), place), list(arguments), []), place)


def divided(one: Any, other: Any) -> Any:
    """What ``/`` was in Python 2: whole numbers give a whole number, rounded down; so do arrays of them.

    >>> divided(7, 2), divided(-7, 2), divided(7.0, 2), divided(np.array([7, 8]), 2).tolist()
    (3, -4, 3.5, [3, 4])
    """
    return one // other if _is_whole(one) and _is_whole(other) else one / other


def _is_whole(value: Any) -> bool:
    if type(value) is np.ndarray:
        return value.dtype.kind in "iu"
    return isinstance(value, (int, np.integer))


def rounded(value: Any, digits: int = 0) -> Any:
    """What ``round`` was in Python 2: a float, and half away from zero.

    >>> rounded(2.5), rounded(-0.5), rounded(2.675, 2), rounded(7)
    (3.0, -1.0, 2.67, 7.0)
    """
    if not isinstance(value, (int, float)) or value != value or value in {float("inf"), float("-inf")}:
        return builtins.round(value, digits)
    return float(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def as_list(found: Any) -> Any:
    """A view of a mapping, or what is walked through once, as the list that it was in Python 2; anything else as it is.

    >>> as_list({"a": 1}.keys()), as_list(map(abs, [-1])), as_list("text")
    (['a'], [1], 'text')
    """
    return list(found) if isinstance(found, (*_VIEWS, range)) else found


def sorted_of(values: Any, cmp: Any = None, key: Any = None, reverse: bool = False) -> list[Any]:
    """What ``sorted`` was in Python 2: it also takes a function that compares two.

    >>> sorted_of([1, 3, 2], lambda one, other: other - one), sorted_of({"a": 2, "b": 1}.items(), key=lambda x: x[1])
    ([3, 2, 1], [('b', 1), ('a', 2)])
    """
    if cmp is not None:
        of_two = functools.cmp_to_key(cmp)
        key = of_two if key is None else functools.partial(_in_turn, of_two, key)
    return sorted(values, key=key, reverse=reverse)


def _in_turn(second: Callable[[Any], Any], first: Callable[[Any], Any], value: Any) -> Any:
    return second(first(value))


def sort_in(held: Any, *arguments: Any, **options: Any) -> Any:
    """``held.sort(...)``: of a list as :func:`sorted_of` sorts, of anything else its own."""
    if not isinstance(held, list):
        return held.sort(*arguments, **options)
    held[:] = sorted_of(held, *arguments, **options)
    return None


DIVISION, LIST, ROUND, SORTED, SORT = "divided", "list of", "rounded", "sorted of", "sort in"
"""Names under which a converted script finds such functions among its builtins."""

OLD_NAMES: dict[str, Callable[..., Any]] = {
    DIVISION: divided, LIST: as_list, ROUND: rounded, ITEM: item_of, PUT: put_into, SINGLE["float"]: of_one(float),
    SINGLE["int"]: of_one(int), SORTED: sorted_of, SORT: sort_in,
}  # fmt: skip
"""Builtins that only a converted script can call."""


class Python2(ast.NodeTransformer):
    """Expressions of a Python 2 script as calls of what they were.

    Parameters
    ----------
    divides : bool
        False: the script has taken the division of Python 3 from the future.
    """

    def __init__(self, *, divides: bool) -> None:
        self._divides = divides

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """``a / b``."""
        self.generic_visit(node)
        is_quotient = isinstance(node.op, ast.Div) and self._divides
        return _called(node, DIVISION, node.left, node.right) if is_quotient else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        """``a /= b``, of a plain name."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div) or not self._divides or not isinstance(node.target, ast.Name):
            return node
        before = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
        return ast.copy_location(ast.Assign([node.target], _called(node, DIVISION, before, node.value)), node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """``d.keys()``, ``map(f, x)``, ``range(3)``, ``round(x)``, ``sorted(x, f)``, ``x.sort(f)``."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "sort" and (node.args or node.keywords):
            call = _called(node, SORT, node.func.value, *node.args)
            call.keywords = node.keywords
            return call
        if isinstance(node.func, ast.Name):
            if node.func.id in _OTHERWISE:
                node.func = ast.copy_location(ast.Name(_OTHERWISE[node.func.id], ast.Load()), node.func)
            return _called(node, LIST, node) if node.func.id in _LISTS else node
        is_view = isinstance(node.func, ast.Attribute) and node.func.attr in {"keys", "values", "items"}
        return _called(node, LIST, node) if is_view and not node.args and not node.keywords else node


_OTHERWISE = {"round": ROUND, "sorted": SORTED}
_LISTS = frozenset({"map", "filter", "zip", "range"})
_GONE_NAMES = frozenset({"xrange", "unicode", "basestring", "raw_input", "unichr", "long", "cmp", "izip"})
_GONE_METHODS = frozenset({"has_key", "itervalues", "iterkeys", "setdefaultencoding"})
_GONE_MODULES = frozenset({"cPickle", "StringIO", "cStringIO", "urllib2", "urlparse", "ConfigParser", "Queue"})


def is_python2(tree: ast.Module) -> bool:
    """True for a script that can be nothing but Python 2, though it reads as Python 3 too.

    A place, a slice or a range that is a quotient raises in Python 3; so do positions of the keys of a mapping.

    >>> [is_python2(ast.parse(text)) for text in ("a[len(a) / 2:]", "d.keys()[0]", "range(n / 2)", "a[int(n / 2)]")]
    [True, True, True, False]
    """
    guarded = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Try) for part in ast.walk(node)}
    quotients = _quotients(tree)
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue  # a script that tries one way and then the other runs on both
        if any(_is_gone(node, own)) or any(_is_quotient(part, quotients) for part in _places_in(node)):
            return True
    return False


def _is_gone(node: ast.AST, own: set[str]) -> Iterator[bool]:
    """Whether a part of a script is nothing in Python 3."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            yield name in _GONE_NAMES and name not in own
        case ast.Attribute(attr=name):
            yield name in _GONE_METHODS
        case ast.Import(names=names):
            yield any(item.name in _GONE_MODULES for item in names)
        case ast.ImportFrom(module=name):
            yield name in _GONE_MODULES
        case ast.Subscript(value=ast.Call(func=ast.Attribute(attr="keys" | "values" | "items"), args=[], keywords=[])):
            yield True
        case ast.Subscript(value=ast.Call(func=ast.Name(id="map" | "filter" | "zip"))):
            yield True
        case ast.Call(func=ast.Name(id="sorted"), args=[_, _, *_]):
            yield True
        case ast.Call(func=ast.Attribute(attr="sort") | ast.Name(id="sorted"), keywords=keywords):
            yield any(keyword.arg == "cmp" for keyword in keywords)
        case ast.BinOp(left=before, op=ast.Add(), right=ast.Call(func=ast.Name(id="str"))):
            word = before.right if isinstance(before, ast.BinOp) else before
            yield (
                isinstance(word, ast.Constant)
                and word.value in {"q", "Q"}
                and any(isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div) for part in ast.walk(node.right))
            )


def _places_in(node: ast.AST) -> list[ast.expr | None]:
    """What must be whole numbers: bounds of slices, places, arguments of ranges."""
    match node:
        case ast.Slice(lower=lower, upper=upper, step=step):
            return [lower, upper, step]
        case ast.Subscript(slice=key):
            return [key]
        case ast.Call(func=ast.Name(id="range" | "xrange"), args=arguments):
            return list(arguments)
    return []


def _quotients(tree: ast.AST) -> set[str]:
    """Names that are given nothing but quotients of whole numbers, as far as one can see."""
    found: dict[str, bool] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            found[name] = found.get(name, True) and _is_quotient(node.value, set())
    return {name for name, always in found.items() if always}


def _is_quotient(node: ast.expr | None, known: set[str]) -> bool:
    """True for ``a / b``, also with something added."""
    match node:
        case ast.BinOp(op=ast.Div()):
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            return _is_quotient(left, known) or _is_quotient(right, known)
        case ast.UnaryOp(operand=operand):
            return _is_quotient(operand, known)
        case ast.Name(id=name):
            return name in known
    return False
