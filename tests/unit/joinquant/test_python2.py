"""Scripts that are Python 2 though they may read as Python 3, and prose above code: nothing of a script is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from script_runs import g, market, run

from qresearch.dialects.script.text import compiled
from qresearch.errors import StrategyError

EXPRESSIONS = (
    "7 / 2", "-7 / 2", "7.0 / 2", "len([1, 2, 3]) / 2",
    "round(2.5)", "round(-0.5)", "round(0.125, 2)", "round(2.675, 2)",
    "map(abs, [-1, 2])", "filter(None, [0, 1])", "zip([1], [2])", "range(3) + [9]", "len(map(abs, [1, 2]))",
    "{'a': 1}.keys() + ['b']", "sorted({'a': 1, 'b': 2}.values())[0]", "{'a': 1}.items()[0]", "cmp(2, 1)",
    "[1, 2, 3, 4][:len('abc') / 2]", "[5, 6, 7][3 / 2]", "reduce(lambda a, b: a + b, [1, 2])", "max(3 / 2, 0.5)",
    "sorted([1, 3, 2], lambda a, b: cmp(b, a))", "sorted([[1, 2], [0, 1]], cmp=lambda a, b: a - b, key=lambda x: x[1])",
    "[held.sort(lambda a, b: b - a) or held for held in [[1, 3, 2]]][0]", "sorted([2, 1], reverse=True)",
    "sum([1, 2]) / 2", "int('7') / 2", "str(7 / 2)", "unicode('a')", "xrange(3)[1]", "{'a': 1}.has_key('a')",
)  # fmt: skip
"""What Python 2.7 makes of each is asked of Python 2.7 where there is one; else the recorded values serve."""

RECORDED = [
    3, -4, 3.5, 1, 3.0, -1.0, 0.13, 2.67, [1, 2], [1], [[1, 2]], [0, 1, 2, 9], 2, ["a", "b"], 1, ["a", 1], 1, [1], 6, 3,
    1, [3, 2, 1], [[0, 1], [1, 2]], [3, 2, 1], [2, 1], 1, 3, "3", "a", 1, True,
]  # fmt: skip


def test_expressions_are_what_python_2_made_of_them() -> None:
    """Protects old scripts: division, rounding, lists and gone names give what Python 2.7 gives."""
    lines = "\n".join(f"    g.found.append({text})" for text in EXPRESSIONS)
    found = g(run(f"def initialize(context):\n    print 'old'\n    g.found = []\n{lines}\n")).found
    assert json.loads(json.dumps(found)) == RECORDED


@pytest.mark.skipif(shutil.which("python2.7") is None, reason="there is no Python 2.7")
def test_the_recorded_values_are_those_of_python_2() -> None:
    """Protects the table above from a mistake of mine: Python 2.7 itself gives them."""
    text = f"import json\nprint json.dumps([{', '.join(EXPRESSIONS)}])"
    done = subprocess.run(["python2.7", "-c", text], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(done.stderr[-200:])
    assert json.loads(done.stdout) == RECORDED


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("codes = list(range(8)); codes = codes[:len(codes) / 2]", True),
        ("middle = 8 / 2; x = [0] * 9; x = x[middle]", True),
        ("for i in range(9 / 2): pass", True),
        ("first = {'a': 1}.keys()[0]", True),
        ("text = '2021' + 'q' + str(7 / 2)", True),
        ("words = unicode('a')", True),
        ("half = 7 / 2", False),
        ("part = [1, 2][int(3 / 2)]", False),
        ("try:\n        import cPickle as pickle\n    except ImportError:\n        import pickle", False),
    ],
)
def test_python_2_is_known_by_what_python_3_cannot_do(line: str, whole: bool) -> None:
    """Protects division in both directions: of whole numbers only where the script cannot be anything else."""
    session = run(f"def initialize(context):\n    {line}\n    g.found = 7 / 2\n")
    assert g(session).found == (3 if whole else 3.5)
    assert any("Python 2" in notice for notice in session.notices) == whole


def test_division_from_the_future_stays() -> None:
    """Protects scripts that asked for Python 3's division in Python 2."""
    script = "from __future__ import division\ndef initialize(context):\n    g.found = 7 / 2\n    print 'a'\n"
    assert g(run(script)).found == 3.5


def test_nothing_below_the_first_line_of_code_is_left_out() -> None:
    """Protects scripts shared with a notice above them: Python 2 at the first function keeps every function."""
    script = (
        "该策略由用户分享，仅供学习交流使用。\n原文网址：https://example.org/post/1\n\n"
        "def before_trading_start(context):\n    print 'before'\n    for code in context.portfolio.positions:"
        " order_target(code, 0)\n\n"
        "def handle_data(context, data):\n"
        "    if '000001.XSHE' not in context.portfolio.positions: order('000001.XSHE', 100)\n"
    )
    session = run(script, market({"000001.XSHE": [10.0] * 3}))
    assert (session.fills["net"] < 0).to_list() == [True, False, True, False, True]
    assert any("3 lines before the code were left out" in notice for notice in session.notices)


@pytest.mark.parametrize(
    "first",
    ["import numpy as np", "from jqdata import *", "class A(object):\n    pass", "g_days = 5", "@some\ndef f(): pass"],
)
def test_a_mistake_below_code_is_told_and_not_cut_away(first: str) -> None:
    """Protects against a script that runs without its first half: a line of code above is never prose."""
    script = f"{first}\ndef broken(:\n    pass\n\ndef initialize(context):\n    pass\n"
    with pytest.raises(StrategyError, match="SyntaxError in line"):
        compiled(script, "shared.py")


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    """Protects error messages: expressions that became calls raise in the line of the user's file."""
    path = tmp_path / "old.py"
    path.write_text(
        "def initialize(context):\n    x = {'a': 1}\n    y = 1 / 2\n    x.keys()[0]\n    x['b'][y]\n", "utf-8"
    )
    with pytest.raises(StrategyError, match="line 5 of old.py"):
        run(str(path))


def test_forms_that_only_python_2_had_mean_what_they_meant() -> None:
    """Protects old scripts: tuples taken apart in lambdas, octal numbers, backticks, raise after a colon, itertools."""
    script = (
        "# -*- coding: utf-8 -*-\n"
        "import sys\n"
        "reload(sys)\n"
        "sys.setdefaultencoding('utf-8')\n"
        "from itertools import izip, imap\n"
        "import itertools\n"
        "def initialize(context):\n"
        "    d = {'a': 1, 'b': 3}\n"
        "    g.top = sorted(d.items(), key=lambda (k, v): (v, k), reverse=True)[0]\n"
        "    last = lambda (x, y): x + y\n"
        "    g.found = [last((1, 2)), 0777, 010 + 5L, 8, `d['a']`, list(izip('ab', imap(str, [1, 2])))]\n"
        "    g.more = [(a, b) for a, b in itertools.izip_longest([1], [2, 3])]\n"
        "    g.limit = 1 if sys.maxint > 10 ** 9 else 0\n"
        "    try:\n"
        "        if d: raise ValueError, 'told'\n"
        "    except ValueError, e:\n"
        "        print 'it said', e\n"
        "        exec 'g.made = 2'\n"
    )
    session = run(script)
    held = g(session)
    assert held.top == ("b", 3)
    assert held.found == [3, 511, 13, 8, "1", [("a", "1"), ("b", "2")]]
    assert held.more == [(1, 2), (None, 3)]
    assert (held.limit, held.made) == (1, 2)
    assert "it said told" in session.events["text"].to_list()


@pytest.mark.parametrize("call", ["alpha_001(context.previous_date, '000300.XSHG')", "alpha191.alpha_007(['a'])"])
def test_an_alpha_of_the_library_says_that_it_is_not_here(call: str) -> None:
    """Protects scripts with alphas from a bare NameError, whichever way they import them."""
    script = f"from jqlib.alpha101 import *\nfrom jqlib import alpha191\ndef handle_data(context, data):\n    {call}\n"
    with pytest.raises(StrategyError, match=r"alpha_0\d+ is not supported: the alphas of jqlib are not here"):
        run(script)
