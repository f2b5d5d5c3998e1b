"""How the text of a script is read: encodings, prose, tabs, Python 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from script_runs import g, market, run

import qresearch as qr
from qresearch.dialects.script.python2 import python3
from qresearch.dialects.script.text import compiled, decoded
from qresearch.errors import StrategyError, UsageError

SCRIPT = """def initialize(context):
    # 选股
    g.name = "策略"
    run_daily(trade)

def trade(context):
    order("000001.XSHE", 100)
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_file_is_read_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    """Protects the 97 files of the corpus that are not UTF-8: the Chinese text comes out whole."""
    path = tmp_path / "script.py"
    path.write_bytes(SCRIPT.encode(encoding))
    session = qr.Session.from_script(path, market({"000001.XSHE": [10.0] * 3})).run(progress=False)
    assert g(session).name == "策略"
    assert len(session.fills) == 3
    assert session.strategy.name == "script"


def test_text_and_bytes_are_scripts_too() -> None:
    """Protects people who paste a script into a cell."""
    given = market({"000001.XSHE": [10.0] * 3})
    for script in (SCRIPT, SCRIPT.encode("gbk")):
        assert len(qr.Session.from_script(script, given).run(progress=False).fills) == 3


def test_prose_before_the_code_is_left_out_with_a_notice_and_lines_keep_their_numbers() -> None:
    """Protects the 96 shared scripts that begin with a notice: line 5 of the file is line 5 of an error."""
    prose = "风险及免责提示:该策略由社区用户分享!\n仅供学习交流使用。\n原文网址 https://example.com/post/1\n"
    source = compiled(prose + SCRIPT, "shared.py")
    assert source.text.split("\n")[3] == "def initialize(context):"
    assert source.notices == ("3 lines before the code were left out; they are no Python.",)
    with pytest.raises(StrategyError, match="line 5 of"):
        run(prose + "def initialize(context):\n    1 / 0\n")


def test_a_line_of_prose_that_is_a_valid_name_is_left_out_too() -> None:
    """Protects notices whose words happen to be Python names."""
    assert len(run("小市值策略\n\n" + SCRIPT).fills) == 6


def test_an_error_of_the_script_itself_names_its_line() -> None:
    """Protects users whose script is wrong: the first error counts, not one of a guess."""
    with pytest.raises(StrategyError, match="SyntaxError in line 2"):
        run("def initialize(context):\n    x = = 1\n")


CASES = {
    "print 'a', b": "print('a', b)",
    "print": "print()",
    "print ('a'), b": "print(('a'), b)",
    "print('a')": "print('a')",
    "print 'a' % (b,); x = 1": "print('a' % (b,)); x = 1",
    "if x: print 'y'  # said": "if x: print('y') # said",
    "print >>f, 'a'": "print('a', file=f)",
    "s = 'print 1'": "s = 'print 1'",
    "a <> b": "a != b",
    "x = 10L + 0777 + 05": "x = 10 + 0o777 + 5",
    "xrange(3)": "range(3)",
    "u'中' + ur'\\d'": "u'中' + r'\\d'",
    "raise ValueError, 'bad'": "raise ValueError('bad')",
    "exec 'x = 1'": "exec('x = 1')",
}


@pytest.mark.parametrize(("old", "new"), CASES.items())
def test_python_2_forms_become_python_3(old: str, new: str) -> None:
    """Protects the scripts of the platform's first years: each common form, one by one, strings untouched."""
    assert python3(old) == new


def test_a_python_2_script_runs_with_a_notice() -> None:
    """Protects the whole way: tabs, a print over two lines, except with a comma."""
    script = (
        "def initialize(context):\n\tg.seen = []\n\trun_daily(trade)\n\ndef trade(context):\n        try:\n"
        "\t\tprint 'a', (1,\n\t\t\t2)\n\t\t{}['x']\n\texcept KeyError, e:\n\t\tg.seen.append(e.args[0])\n"
    )
    session = run(script, market({"000001.XSHE": [10.0] * 2}))
    assert g(session).seen == ["x", "x"]
    assert session.notices.table.query("kind == 'converted'")["notice"].to_list() == [
        "Python 2 code was converted to Python 3."
    ]
    assert "a (1, 2)" in session.events["text"].to_list()


def test_bytes_of_no_known_encoding_still_become_text() -> None:
    """Protects the loader from files with a broken byte."""
    assert decoded(b"\xff\xfe\x00")[1] in {"gb18030", "latin-1"}


def test_a_file_that_is_not_there_is_named() -> None:
    """Protects users from a traceback of the operating system."""
    with pytest.raises(UsageError, match=r"Cannot read the strategy 'missing\.py'"):
        qr.Session.from_script("missing.py", qr.sample_market())


def test_whole_numbers_divide_as_python_2_did_only_in_its_scripts() -> None:
    """Protects sizes such as cash / 2 of old scripts: 7 / 2 is 3 there, and 3.5 in a script of Python 3."""
    old = "def initialize(context):\n    x = 9\n    x /= 2\n    g.seen = [7 / 2, -7 / 2, 7 / 2.0, x]\n    print 'old'\n"
    assert g(run(old)).seen == [3, -4, 3.5, 4]
    assert g(run(old.replace("print 'old'", "pass"))).seen == [3.5, -3.5, 3.5, 4.5]
