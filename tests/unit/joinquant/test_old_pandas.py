"""pandas as scripts of 2016 to 2019 knew it: each case of a table that pandas 0.23.4 itself has recorded.

The table, and how it was made: ``tests/tools/old_pandas_table.py``.
"""

from __future__ import annotations

import json
import sys
import warnings
from functools import cache
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from script_runs import run

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from old_pandas_table import CASES, SETUP

RECORDED: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("old_pandas.json").read_text("utf-8"))

_LOUD = "it raises, and names what it does not take"
KNOWN: dict[str, str] = {
    "out = n.value_counts()": "the order of equal counts is that of the values; it was that of a hash",
    "out = f.index | pd.Index(['d'])": _LOUD,
    "out = f.index & pd.Index(['a'])": _LOUD,
    "out = t.set_index('code')['v'].sum(level=0)": _LOUD,
    "f.T['a']['x'] = 9.; out = f": "a frame that was turned is its own",
    "other = pd.DataFrame(f); other['x']['a'] = 9.; out = f": "a frame made of a frame is its own",
}
"""Cases that are otherwise here, and why."""


@cache
def found() -> dict[str, Any]:
    """What a script of the platform gets, by case."""
    cases = "\n".join(
        f"def case_{number}():\n{indent(SETUP + case, '    ')}\n    return out" for number, case in enumerate(CASES)
    )
    script = f"""import json
from old_pandas_table import plain

{cases}

def initialize(context):
    for number in range({len(CASES)}):
        try:
            found = {{"is": plain(globals()["case_%d" % number]())}}
        except Exception as problem:
            found = {{"raises": type(problem).__name__, "words": str(problem)}}
        log.info(json.dumps(found))
"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = run(script)
    lines = [json.loads(text) for text in session.events["text"].dropna() if text.startswith("{")]
    return dict(zip(CASES, lines, strict=True))


@pytest.mark.parametrize("case", [case for case in CASES if "is" in RECORDED[case]])
def test_a_script_gets_what_pandas_gave_it_then(case: str) -> None:
    """Protects scripts from silent changes of pandas: the same lines give the same numbers as in pandas 0.23."""
    if case in KNOWN:
        assert found()[case] != RECORDED[case], f"this case is as it was; take it from KNOWN: {KNOWN[case]}"
        return
    assert found()[case] == RECORDED[case]


def test_every_case_is_recorded() -> None:
    """Protects the table: a case that was added and not recorded would compare nothing."""
    assert sorted(CASES) == sorted(RECORDED)
    assert set(KNOWN) <= set(CASES)
