"""The catalogue: every sentence in two languages, each used, none twice, and a session that speaks Chinese."""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from string import Formatter

import pytest
from matplotlib.text import Text

import qresearch as qr
from qresearch import sentences
from qresearch.domain import events
from qresearch.domain.moment import PHASES
from qresearch.domain.order import Move, Side, Status
from qresearch.domain.reasons import SOURCES, Reason
from qresearch.domain.terms import Effect, Kind, TimeInForce
from qresearch.engine.accounts.kinds import ACCOUNTS
from qresearch.errors import UsageError
from qresearch.sentences import CATALOGUE, ENGLISH, Message, Said, Words
from qresearch.views import lettering, plots
from qresearch.views.picture import Picture

PACKAGE = Path(qr.__file__).parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NO_CHINESE = {
    "between_sentences",
    "list_comma",
    "part_comma",
    "full_stop",
    "part_of",
    "reason_of",
    "why_refused",
    "met_by",
    "terms_within",
    "waiting_at",
    "and_then",
    "told_of",
    "asked_in",
    "of_rows",
}
"""Punctuation and frames for what is told elsewhere."""
LOOKED_UP = {"words", "_words", "say", "_say", "Said"}
"""What looks a key up; the methods of `Words` apart."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package that may say something, and the one that looks sentences up."""
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE).as_posix()
        if not file.startswith(("sentences", "domain", "engine", "market", "sources")) or file == "sentences/words.py":
            yield file, ast.parse(path.read_text("utf-8"))


def asked_for(call: ast.Call) -> Iterator[str]:
    """The keys that a call looks up, as far as they stand there."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name in LOOKED_UP and call.args:
        choices = [call.args[0]]
        while choices:
            found = choices.pop()
            if isinstance(found, ast.IfExp):
                choices += [found.body, found.orelse]
            elif isinstance(found, ast.Constant) and isinstance(found.value, str):
                yield found.value


def pattern(text: ast.JoinedStr) -> str:
    """What an f-string can be: its fixed parts, with anything between them."""
    parts = [re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in text.values]
    return "".join(parts)


def test_every_sentence_stands_in_both_languages_with_the_same_facts() -> None:
    """Protects readers of both languages: no empty row, no Chinese in English, the same braces in both."""
    for key, (english, chinese) in CATALOGUE.items():
        assert english, key
        assert not CHINESE.search(english), key
        assert key in NO_CHINESE or CHINESE.search(chinese), key
        facts = [
            sorted((name, how) for _, name, _, how in Formatter().parse(text) if name) for text in (english, chinese)
        ]
        assert facts[0] == facts[1], key


def test_no_row_stands_twice() -> None:
    """Protects translators: one key is one row, one pair of sentences too, and the rows of a theme stand together."""
    with (PACKAGE / "sentences" / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [key for key, count in Counter(row["key"] for row in rows).items() if count > 1] == []
    themes = [row["theme"] for row in rows]
    assert [theme for theme, _ in groupby(themes)] == list(dict.fromkeys(themes))
    assert [pair for pair, count in Counter(CATALOGUE.values()).items() if count > 1] == []


def test_every_key_that_is_looked_up_is_there() -> None:
    """Protects from a KeyError on a path that no test walks."""
    drawn = {"views/states.py", "views/lifecycle.py"}  # their `words` puts text into a picture
    missing = [
        (file, key)
        for file, tree in sources()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for key in asked_for(call)
        if key not in CATALOGUE and not (file in drawn and getattr(call.func, "id", "") == "words")
    ]
    assert missing == []


def test_every_sentence_is_used() -> None:
    """Protects translators: no row that nothing says. A code, or a text or a pattern of the package, names each."""
    texts: set[str] = set()
    patterns: set[str] = set()
    for _, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value.rstrip(">"))
            elif isinstance(node, ast.JoinedStr):
                patterns.add(pattern(node))
    families = re.compile("|".join(sorted(found for found in patterns if re.search(r"[a-z]{3,}_|_[a-z]{3,}", found))))
    coded = {
        *Status,
        *Kind,
        *TimeInForce,
        *Reason,
        *PHASES,
        *(f"a_{side}" for side in Side),
        *(f"to_{effect.lower()}" for effect in Effect),
        *(key for kind in ACCOUNTS.values() for key in kind.holding_words),
    }
    unused = [key for key in CATALOGUE if key not in texts | coded and not families.fullmatch(key)]
    assert unused == []


def test_what_has_a_code_has_its_words() -> None:
    """Protects the closed lists: each state, type, phase, move, event and reason can be told."""
    named = {str(status) for status in Status} - {"UNKNOWN"} | {str(kind) for kind in Kind}
    named |= {*PHASES} | {f"move_{move}" for move in Move} | {str(reason) for reason in Reason}
    named |= {key for kind in ACCOUNTS.values() for key in kind.holding_words}
    named |= {f"a_{side}" for side in Side}
    named |= {f"event_{kind.__name__}" for kind in events.Record.__args__}
    assert named - set(CATALOGUE) == set()
    assert set(SOURCES) == set(Reason)
    assert ENGLISH.code("QUEUED") == "QUEUED"
    assert Words("zh").code("QUEUED") == "排队"


def test_another_language_is_refused() -> None:
    """Protects from a silent fallback to English."""
    with pytest.raises(UsageError, match="language"):
        Words("fr")
    with pytest.raises(UsageError, match="language"):
        qr.Session(qr.sample_market(), language="fr")


def test_a_message_can_be_told_again_in_another_language() -> None:
    """Protects a Chinese panel over an English session: what was said is kept apart from how."""
    told = ENGLISH.tell(None, Said("redid_steps", count=2), "", "as is")
    assert told == "Redid 2 kept steps without calling the strategy. as is"
    assert isinstance(told, Message)
    assert Words("zh").again(told) == "已重走保留的 2 步，未调用策略。as is"
    assert Words("zh").again("plain") == "plain"


TAGS = re.compile(r"</?[a-z].*?>|&#?\w+;")
SAME = re.compile(
    r"\d{6}\.S[HZ]|[A-Z]{3,}_[A-Z_]+|FILLED|insufficient cash|insufficient|China A-shares|main|branch-\S+"
    r"|equity|fill|order|buy|sell"
)
"""Symbols, codes, calls, and names: of the venue, of branches and of what a breakpoint was set on."""


def english_in(text: object) -> list[str]:
    """Words of English in a text, but for what is the same in every language."""
    return re.findall(r"[A-Za-z]{2,}", SAME.sub(" ", TAGS.sub(" ", str(text))))


def test_a_chinese_session_says_and_shows_chinese() -> None:
    """Protects language="zh": no English sentence in the messages and the looks of a session and what hangs on it."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=50_000, language="zh")
    said = [repr(run), repr(run.buy("604018", 1000)), repr(run.buy("604018", 900_000)), run._repr_html_()]
    said += [repr(run.breakpoints.add("equity", above=1)), repr(run.step())]
    said += [repr(run.portfolio), repr(run.portfolio.positions), run.portfolio._repr_html_()]
    for preview in (run.what_if("buy", "604018", 100), run.what_if("sell", "604018", 10**6)):
        said += [repr(preview), preview._repr_html_()]
    for order in (1, 2):
        said += [run.ticket(order)._repr_html_(), repr(run.explain(order)), run.explain(order)._repr_html_()]
    said += [run.back().step().message, run.step(10).back(4).step(2).message, run.breakpoints._repr_html_()]
    run.back(3).cancel("1")
    said += [run.message, run.branch("二").message]
    run.sell("604018", 100)
    said += [run.run(until="fill", progress=False).message]
    said += [run.back().run(until=lambda _: True, progress=False).message]
    compared = run.branches.compare("main", "二")
    said += [repr(compared).partition("（")[0], repr(run.branches), run.branches._repr_html_(), repr(run.breakpoints)]
    assert [(text, english_in(text)) for text in said if not text or english_in(text)] == []
    assert english_in(run.plot("lives")._repr_svg_()) == english_in(run.plot("life", order=1)._repr_svg_()) == []
    assert CHINESE.search(run.panels.timeline().html())


def held_and_branched(language: str) -> qr.Session:
    """Orders in several states over two months, and a branch."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, language=language)
    run.buy("604018", 1000)
    run.sell("604052", 100)
    run.step(3).buy("604018", 500, style=qr.terms.limit(9.0, tif="GTC"))
    run.sell("604018", 300, style=qr.terms.stop(8.0, tif="GTC"))
    run.run(until="2022-04-29", progress=False)
    run.back(10).branch("二")
    run.sell("604018", 400)
    return run.step(12)


def texts_of(picture: Picture) -> list[str]:
    """All that is written in a picture of pixels, which is drawn for that: a letter without a font warns."""
    picture.png()
    return [text.get_text() for text in picture.figure.findobj(Text) if text.get_visible() and text.get_text()]


PLOTS: dict[str, dict[str, object]] = {
    "equity": {}, "candles": {"symbol": "604018"}, "exposure": {}, "monthly": {}, "orders": {},
    "branches": {"first": "main"},
}  # fmt: skip
"""Every plot of pixels, and what it needs."""


def swept(language: str) -> dict[str, Picture]:
    """Every picture of a sweep whose sessions speak a language."""

    def buys(context: object, day: int, lots: int) -> None:
        if context.now.day.day == day:
            context.buy("604018", 100 * lots)

    space, span = {"day": [2, 3, 4], "lots": [1, 2, 3]}, {"start": "2022-03-01", "end": "2022-03-31"}
    found = qr.sweep(buys, qr.sample_market(), space, by="max_drawdown", progress=False, language=language, **span)
    return {kind: found.plot(kind) for kind in ("heatmap", "parallel", "stability")}


@pytest.mark.skipif(lettering.chinese_font() is None, reason="no installed font has Chinese letters")
def test_a_chinese_session_draws_chinese() -> None:
    """Protects readers of pictures: title, axes, legend and name are in the language of the session."""
    run, parameters = held_and_branched("zh"), {"day", "lots", "CNY"}
    pictures = {kind: run.plot(kind, **options) for kind, options in PLOTS.items()} | swept("zh")
    assert set(PLOTS) | {"lives", "life", "page"} == set(plots.KINDS)
    for kind, picture in pictures.items():
        said = " ".join(texts_of(picture))
        assert kind == "candles" or CHINESE.search(picture.title), kind
        assert CHINESE.search(said), kind
        assert set(english_in(said)) <= parameters, kind
        assert set(english_in(repr(picture))) <= parameters, kind
    assert repr(run.plot("equity", language="en")) == "<Picture Equity and drawdown: 800 x 450>"
    assert english_in(repr(run.plot("lives"))) == []


def test_without_a_font_a_picture_speaks_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects from boxes: where no font has the letters, every word of every picture is English."""
    monkeypatch.setattr(lettering, "chinese_font", lambda: None)
    run = held_and_branched("zh")
    pictures = {kind: run.plot(kind, **options) for kind, options in PLOTS.items() if kind != "branches"} | swept("zh")
    for kind, picture in pictures.items():
        if kind != "equity":  # the branch has a name in Chinese
            assert not CHINESE.search(" ".join(texts_of(picture))), kind
        assert not CHINESE.search(repr(picture)), kind


def test_a_chinese_session_reports_in_chinese(tmp_path: Path) -> None:
    """Protects the report: heading, notices, figures and pages, of a run, of two branches, of no day at all."""
    run = held_and_branched("zh")
    for told in (
        run.report(),
        run.report(branch=("main", "二")),
        qr.Session(qr.sample_market(), start="2022-03-01", language="zh").report(),
        qr.Session(qr.sample_market(), start="2022-03-01", language="zh").step(3).report(),
    ):
        page = re.sub("<!DOCTYPE html>|<style>.*?</style>", "", told.page(), flags=re.DOTALL)
        for text in (repr(told), told._repr_html_(), page):
            assert CHINESE.search(text)
            assert english_in(text) == []
        assert 'lang="zh"' in told.page()
        assert [english_in(picture.title) for picture in told.pictures] == [[] for _ in told.pictures]
    written = run.report(tmp_path / "report.html").path.read_text("utf-8")
    account = written.partition('<div id="account"')[2].partition('<div id="left"')[0]
    assert english_in(account.partition(">")[2]) == []
    assert "期末总资产" in account
    # Names in tables that programs read are the same in every language.
    assert run.report().frame.index.tolist() == held_and_branched("en").report().frame.index.tolist()
    assert run.report(branch="main").frame.columns.tolist() == ["Account", "000900.SH"]


def test_an_english_session_over_which_a_chinese_panel_stands() -> None:
    """Protects show(language="zh"): the message is told in the language of the panel."""
    run = qr.Session(qr.sample_market(), start="2022-03-01").step(3)
    panel = run.panels(language="zh").timeline()
    run.back().step()
    assert "Redid 1 kept step" in run.message
    assert "已重走保留的 1 步" in panel.html()
    run.run(until=lambda _: True, progress=False)
    assert run.message.startswith("Stopped at 2022-03-04 CLOSE (trading day 4 of ")
    assert "停在 2022-03-04 收盘（第 4 / " in panel.html()


def test_the_package_names_what_it_offers() -> None:
    """Protects the one way to look things up: the package offers the catalogue and its words, and no more."""
    assert sorted(sentences.__all__) == ["CATALOGUE", "ENGLISH", "LANGUAGES", "Message", "Said", "Words"]


def test_a_sentence_counts_what_its_instrument_is_counted_in() -> None:
    """Protects contracts and bonds: their own unit in both languages, one of them is one, and a share stays a share."""
    told = {
        "lot": ("1 lot is allowed", "1 手符合申报单位", "Lots"),
        "contract": ("1 contract is allowed", "1 张符合申报单位", "Contracts"),
        "bond": ("1 bond is allowed", "1 张符合申报单位", "Bonds"),
    }
    for unit, (english, chinese, label) in told.items():
        words = Words("en", unit=unit)
        assert words("lot_allowed", shares="1") == english
        assert words("lot_allowed", shares="21") == f"21 {unit}s are allowed"
        assert words("check_shares") == label
        assert Words("zh", unit=unit)("lot_allowed", shares="1") == chinese
        assert Words("zh", unit=unit).named("en").unit == unit
    # What a bond is turned into is counted in shares.
    assert Words("zh", unit="bond").advice(Reason.CALLED) == Words("zh").advice(Reason.CALLED)
    with pytest.raises(UsageError, match="unit='lots' is not known"):
        Words("en", unit="lots")


A_ONE = re.compile(
    r"(?<![\w,.#-])1 (?:(?:borrowed|covered|kept|locked|other|price|trading) )?"
    r"(?!(?:is|was|has|needs|waits|exceeds|takes|this)\b)\w+s\b"
    r"|(?<![\w,.#-])1 (?:(?!would)\w+ )?(?:of (?:them|it|100 yuan|the \S+ \w+(?: held)?) )?(?:are|were|have)\b"
)
"""One of something that is said as of many."""
NOT_COUNTED = {"POSITION_LIMIT", "SIDE_LIMIT", "put_on_tick", "rerun_differs"}
"""Their verb is that of two counts together, or of a price or a day."""


def test_a_count_of_one_is_said_as_of_one() -> None:
    """Protects readers from "1 sessions" and "1 shares are": every sentence of the catalogue, each fact being 1."""
    wrong = {}
    for key, (english, _) in CATALOGUE.items():
        names = {name for _, name, _, _ in Formatter().parse(english) if name}
        if names and key not in NOT_COUNTED:
            for unit in ("share", "lot", "contract", "bond"):
                told = Words("en", unit=unit)(key, **dict.fromkeys(names, "1"))
                if A_ONE.search(told):
                    wrong[key] = told
    assert wrong == {}
    told = {"rules_free_days": "no limit for 1 session", "of_shares": "1 share", "sweep_title": "1 run over 1"}
    for key, sentence in told.items():
        names = {name for _, name, _, _ in Formatter().parse(CATALOGUE[key][0]) if name}
        assert ENGLISH(key, **dict.fromkeys(names, 1)) == sentence
    assert ENGLISH("of_shares", shares="1,001") == "1,001 shares"
    assert ENGLISH("of_shares", shares="0.1") == "0.1 shares"
    assert ENGLISH("steps_short", done=1, count=3).endswith("1 of the 3 steps was there to take.")
