"""How prices, terms and refusals are worded: one spelling of a price, punctuation of the language, a way out."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.cli import main
from qresearch.domain.terms import Effect, Terms
from qresearch.errors import DataError, Interrupted, OutOfRange, QresearchError, UsageError
from qresearch.sentences import CATALOGUE, LANGUAGES, Words


def session(**options: object) -> qr.Session:
    """A session of the embedded market before its first day."""
    return qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000, **options)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_explanation_spells_a_price_one_way(language: str) -> None:
    """Protects defect 29: 9.5 is 9.50 in the terms, in each check and in the reason."""
    run = session()
    ticket = run.buy("604018", 100, style=terms.limit(9.5, tif="GTC"))
    run.step()
    told = str(run.explain(ticket, language=language))
    assert "9.50" in told
    assert not re.search(r"\b9\.5\b", told)
    assert told.count("GTC") == 1 + told.count("有效期（GTC）") + told.count("tif='GTC'")


def test_terms_say_which_price_is_which_and_how_long() -> None:
    """Protects defect 29: a trigger and a limit that are equal are told apart, and how long is said once."""
    say = Words("en").terms
    assert say(terms.limit_if_touched(9.52, 9.6)) == "limit 9.60 if touched 9.52"
    assert say(terms.stop_limit(9.6, 9.5, tif="GTC")) == "stop 9.60 limit 9.50, until canceled"
    assert say(terms.stop(9.6, tif="GTD", until="2022-03-31")) == "stop 9.60, until 2022-03-31"
    assert say(terms.to_open()) == "market, to open"
    assert all(say(Terms(effect=effect)).startswith("market, to ") for effect in Effect if effect is not Effect.AUTO)
    assert say(terms.limit(9.5, tif="GTC"), lasting=False) == "limit 9.50"


def test_chinese_sentences_have_the_punctuation_of_chinese() -> None:
    """Protects defect 30: no half-width comma, colon, semicolon or bracket between Chinese words and their numbers."""
    code = re.compile(r"\{[^}]*\}|[A-Za-z_][\w.]*\([^)]*\)|\.data")
    chinese = {key: code.sub("", texts[1]) for key, texts in CATALOGUE.items() if re.search("[一-鿿]", texts[1])}
    assert len(chinese) > 500
    assert [key for key, text in chinese.items() if re.search(r"[,:;?()]", text)] == []


def test_a_price_between_two_ticks_says_what_was_sent() -> None:
    """Protects defect 30: a limit that was cut is told; one on its tick is not."""
    run = session()
    run.buy("604018", 100, style=terms.limit(9.623456))
    assert run.message == "9.623456 lies between two ticks: 9.62 was sent."
    run.buy("604018", 100, style=terms.limit(9.62))
    assert run.message == ""


def test_a_start_before_the_data_is_told() -> None:
    """Protects defect 30: a session that begins later than asked says where the data reach."""
    market = qr.sample_market()
    early = qr.Session(market, start="1999-01-01")
    assert early.message == "The data reach from 2021-01-04 to 2023-12-29: the session keeps to that."
    assert qr.Session(market, start="2022-03-12").message == ""  # a Saturday inside the data moves on as always


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: session().goto("2022-06-01"), OutOfRange, "which stands before its first day, 2022-03-11. Use run("),
        (lambda: session().step().goto("2022-06-01"), OutOfRange, "which goes from 2022-03-11 to 2022-03-11. Use run("),
        (lambda: session().back(5), OutOfRange, "5 moments back leaves the kept history"),
        (lambda: session().step("2022-03-15"), UsageError, "Write run(until='2022-03-15')"),
        (lambda: session().buy("Hengyu Bank", 100), UsageError, "Did you mean 604018.SH?"),
        (lambda: session().buy("hengyu bank ", 100), UsageError, "Did you mean 604018.SH?"),
        (lambda: session().goto("2024-01-02"), OutOfRange, "The nearest is 2023-12-29. Take that."),
        (lambda: session().goto("2022-03-12"), OutOfRange, "The nearest are 2022-03-11 and 2022-03-14. Take one of"),
    ],
)
def test_a_wrong_call_says_what_to_do(call: object, kind: type[QresearchError], words: str) -> None:
    """Protects defects 23 and 30: intervals run forwards, a day is sent to run, a name leads to its code."""
    with pytest.raises(kind) as caught:
        call()  # type: ignore[operator]
    assert words in str(caught.value)


def test_single_letters_are_known_as_prices() -> None:
    """Protects defect 23: a table with O, H, L, C and V is told the names that it should have."""
    bars = pd.DataFrame({"date": ["2022-01-04"], "symbol": ["600000"], "O": 1.0, "H": 1.0, "L": 1.0, "C": 1.0, "V": 1})
    with pytest.raises(DataError, match="Did you mean open or high or low or close or volume"):
        qr.read_market(bars)


def test_a_missing_file_is_told_as_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects defect 30: a name without a file is no file, whatever its ending would be."""
    assert main(["data", "check", "nofile"]) == 2
    assert "there is no file 'nofile'" in capsys.readouterr().err


def test_a_script_of_another_system_names_its_dialect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects defect 24: what to add to the command is said whole; results that cannot be kept are told before."""
    script = tmp_path / "theirs.py"
    script.write_text("from jqdata import *\ndef initialize(context):\n    pass\n", encoding="utf-8")
    assert main(["run", str(script), "--data", "sample", "--out", str(tmp_path / "out")]) == 2
    assert "--dialect joinquant" in " ".join(capsys.readouterr().err.split())
    file = tmp_path / "file"
    file.write_text("")
    ran = tmp_path / "mine.py"
    ran.write_text("def handle_data(context, data):\n    raise SystemError('it ran')\n", encoding="utf-8")
    assert main(["run", str(ran), "--data", "sample", "--out", str(file / "x")]) == 2
    assert "is no folder" in capsys.readouterr().err


def test_a_ticket_is_its_id_wherever_text_is_wanted() -> None:
    """Protects code that keeps ids: str and print give the id (they are one call), repr and a cell tell the order."""
    ticket = session().buy("604018", 1000)
    assert (str(ticket), f"{ticket}", int(ticket), {ticket: 1}["1"]) == ("1", "1", 1, 1)
    assert repr(ticket) == "<Ticket 1: buy 1,000 604018.SH, QUEUED>"


def test_what_was_asked_is_no_line_of_code() -> None:
    """Protects defect 28: who copies it gets no call with two arguments, and the head says that it was a buy."""
    run = session()
    told = str(run.explain(run.buy("604018", 1000))).splitlines()
    assert told[0] == "Order 1: buy 604018.SH: QUEUED"
    assert [line.strip() for line in told if "Asked" in line] == ["· Asked: order 1,000"]


@pytest.mark.parametrize(("language", "words"), [("en", "Nothing is half done"), ("zh", "没有半途而废的操作")])
def test_an_interrupt_speaks_the_language_of_the_session(language: str, words: str) -> None:
    """Protects defect 22: two lines in the session's language, none of our frames; the session is whole."""

    def handle_data(context: Any, data: Any) -> None:
        if context.now.day.day == 4:
            signal.raise_signal(signal.SIGINT)

    run = qr.Session(qr.sample_market(), start="2022-03-01", strategy=handle_data, language=language)
    with pytest.raises(Interrupted) as caught:
        run.run(progress=False)
    said = caught.value._render_traceback_()
    assert len(said) == 2
    assert said[1].startswith(words)
    assert said[0] == run.message
    assert bool(re.search("[一-鿿]", said[0])) == (language == "zh")
    assert str(run.now.day)[:10] == "2022-03-03"
