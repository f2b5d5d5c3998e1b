"""Calls of Python 2 that compile as Python 3 and fail only when they run: ``d.iteritems()``, ``d.has_key(k)``."""

from __future__ import annotations

import ast

VIEWS = {"iteritems": "items", "itervalues": "values", "iterkeys": "keys"}
"""Method of a mapping of Python 2 to that of Python 3."""


SINGLE = {"float": "float of one", "int": "int of one"}
"""Builtin to what is called in its place: it also takes an array or a series of one value, as it did before numpy 2.

No script can say these names: they are no identifiers.
"""


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
