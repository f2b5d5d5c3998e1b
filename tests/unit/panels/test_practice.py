"""Practice: names and dates stay hidden, answers are judged by what happens, and the session is left as it was."""

from __future__ import annotations

import re

import pytest
from story import SYMBOL, a_session, alive, all_of, press

import qresearch as qr
from qresearch.views.panels.chart import ChartPanel
from qresearch.views.panels.desk import Desk, Look
from qresearch.views.panels.practice import PracticePanel, PracticeSettings


def panel_of(run: qr.Session, language: str = "en", **settings: object) -> PracticePanel:
    """The panel, painted."""
    panel = PracticePanel(Desk(run, Look(language)), settings=settings)
    panel.desk.refresh()
    return panel


def shown(panel: PracticePanel) -> list[str]:
    """Labels of the answers on offer."""
    return [button.description for button in all_of(panel, "qr-answer") if button.layout.display != "none"]


def test_the_next_state_is_judged_by_what_happens() -> None:
    """Protects the score: right and wrong answers, each with what happened."""
    run = a_session()
    run.buy(SYMBOL, 1000)
    run.buy(SYMBOL, 50)
    panel = panel_of(run, ask="state", rounds=2, phase="next")
    assert panel.question is None
    press(panel, "qr-practice-start")
    assert panel.question.order_id == 1
    assert len(shown(panel)) == 7
    panel.answer("FILLED")
    # The next phase is before the open: the order still waits.
    assert (panel.rounds[0].right, panel.rounds[0].happened) == (False, "order 1 is now queued.")
    press(panel, "qr-answer", 3)
    assert [done.right for done in panel.rounds] == [False, True]
    assert "Done: 1 of 2 right." in panel.said
    assert "1 of 2 right" in panel.html()


def test_a_decision_is_judged_by_the_move_of_the_days_after() -> None:
    """Protects the score: rise or fall over the days, from closes that are comparable."""
    run = a_session().step()
    closes = run.market.panel.close[:, run.market.column(SYMBOL)]
    day = run.market.panel.day_index(run.now.day)
    rises = closes[day + 3] > closes[day]
    panel = panel_of(run, ask="decision", days=3, rounds=1, symbols=[SYMBOL])
    panel.start()
    assert shown(panel) == ["Rise: I would buy", "Fall: I would sell"]
    panel.answer("up" if rises else "down")
    assert panel.rounds[0].right
    assert f"{closes[day + 3] / closes[day] - 1:+.2%}" in panel.rounds[0].happened


def test_the_session_is_left_as_it_was() -> None:
    """Protects the session: practice goes on a branch of its own, and ending it goes back."""
    run = a_session()
    run.buy(SYMBOL, 1000)
    run.step(3)
    digest = run.digest()
    panel = panel_of(run, rounds=4)
    press(panel, "qr-practice-start")
    assert run.branches.current == "practice-1"
    panel.answer("up")
    press(panel, "qr-practice-stop")
    assert (run.branches.current, run.digest()) == ("main", digest)
    press(panel, "qr-practice-start")
    assert run.branches.current == "practice-2"
    panel.close()
    assert run.branches.current == "main"


def test_names_and_dates_are_hidden_everywhere() -> None:
    """Protects the exercise: neither the question nor its chart nor another panel tells what or when it is."""
    run = a_session().step(3)
    desk = Desk(run, Look())
    chart, panel = ChartPanel(desk, renderer="png"), PracticePanel(desk, settings={"ask": "decision", "days": 2})
    seen = []
    panel._chart.show = seen.append
    panel.start()
    panel.answer("up")
    assert chart.widget.layout.display == "none"
    told = (
        panel.html() + panel._text.value + panel._score.value + "".join(f"{data.title}{data.labels}" for data in seen)
    )
    assert seen
    assert not re.search(r"20\d\d|\d{6}", told)
    assert not any(item.name in told for item in run.market.instruments if len(item.name) > 3)
    assert seen[0].labels[-1] == "0"
    panel.stop()
    assert chart.widget.layout.display is None


def test_equal_seeds_ask_the_same_questions() -> None:
    """Protects classes: everybody with the same seed sees the same instruments."""
    first, again, other = (panel_of(a_session().step(), ask="decision", seed=seed) for seed in (7, 7, 8))
    asked = []
    for panel in (first, again, other):
        panel.start()
        names = []
        for _ in range(4):
            names.append(panel.question.symbol)
            panel.answer("up")
        asked.append(names)
    assert asked[0] == asked[1] != asked[2]


def test_without_an_open_order_it_says_what_to_do() -> None:
    """Protects the first try: nothing to ask about is said in words, in both languages."""
    for language, words in (("en", "place one on the order ticket first"), ("zh", "请先下单")):
        panel = panel_of(a_session(), language, ask="state")
        panel.start()
        assert words in panel.html()
        with pytest.raises(qr.UsageError, match="nothing is asked now"):
            panel.answer("FILLED")


def test_the_end_of_the_data_ends_the_questions() -> None:
    """Protects the last days: a decision over more days than are left is not asked."""
    run = a_session(end="2022-03-04").step(2)
    panel = panel_of(run, ask="decision", days=5)
    panel.start()
    assert panel.question is None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"round": 3}, "practice setting='round' is not known.*rounds"),
        ({"ask": "all"}, "ask='all' is not known"),
        ({"rounds": 0}, "rounds=0 is not a whole number"),
        ({"phase": "NOON"}, "phase='NOON' is not known"),
    ],
)
def test_a_wrong_setting_says_what_there_is(settings: dict[str, object], words: str) -> None:
    """Protects teachers: a wrong word in the dict is answered with the right ones."""
    with pytest.raises(qr.UsageError, match=words):
        PracticeSettings.of(settings)


def test_closing_leaves_no_widget_behind() -> None:
    """Protects long sessions from leaks."""
    run = a_session().step(2)
    known = set(alive())
    panel = panel_of(run)
    panel.start()
    panel._repr_mimebundle_()
    panel.close()
    assert set(alive()) - known == set()


def test_near_the_end_it_says_that_nothing_can_be_asked() -> None:
    """Protects from a wrong hint: with two days left no decision over five can be judged, and no order would help."""
    session = a_session(end="2022-03-04").step(2)
    panel = session.panels.practice({"ask": "decision"})
    panel.start()
    assert "ends too soon" in panel.html()
    panel.stop()
    other = a_session().panels.practice({"ask": "state"})
    other.start()
    assert "place one on the order ticket" in other.html()


def test_a_branch_of_its_name_does_not_keep_it_from_starting() -> None:
    """Protects practice beside branches that somebody named or took away: it takes the first name that is free."""
    run = a_session().step(2)
    run.branch("practice-2")
    run.branches.switch("main")
    panel = panel_of(run)
    for name in ("practice-1", "practice-3"):
        press(panel, "qr-practice-start")
        assert panel.last_error is None
        assert (panel.is_on, run.branches.current) == (True, name)
        press(panel, "qr-practice-stop")
        assert run.branches.current == "main"
