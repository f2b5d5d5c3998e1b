"""The timeline bar: every control moves the session, and shows where it stands."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from itertools import pairwise

from story import SYMBOL, a_session, find, press

import qresearch as qr
from qresearch.domain import terms


def where(bar: object) -> str:
    """Day and phase as they stand in the bar."""
    return find(bar, "qr-moment").children[0].value


def choose(bar: object, name: str, value: object) -> None:
    """Choose something in a list of the bar."""
    find(bar, name).value = value


def test_the_buttons_move_the_session_and_the_bar_says_where() -> None:
    """Protects the agreement of panel and session after each click."""
    session = a_session()
    bar = session.panels.timeline()
    assert "Before the first trading day, 2022-03-01" in where(bar)
    story = [
        ("qr-step", "2022-03-01 Tue, at the close · trading day 1 of 449"),
        ("qr-step-phase", "2022-03-01 Tue, after the close · trading day 1 of 449"),
        ("qr-step-phase", "2022-03-02 Wed, before the open · trading day 2 of 449"),
        ("qr-step-phase", "2022-03-02 Wed, at the open · trading day 2 of 449"),
        ("qr-step", "2022-03-02 Wed, at the close · trading day 2 of 449"),
        ("qr-back", "2022-03-02 Wed, at the open · trading day 2 of 449"),
    ]
    for name, text in story:
        press(bar, name)
        assert bar.last_error is None
        assert text in where(bar)
        assert session.now.phase.value in {"CLOSE", "OPEN", "PRE_OPEN", "AFTER_CLOSE"}
        assert find(bar, "qr-slider").value == (1 if "-01 " in text else 2)
    assert "at the open" in where(bar)
    assert session.now.phase.value == "OPEN"


def test_the_slider_goes_to_any_day_and_simulates_on_the_way() -> None:
    """Protects from a slider that stands where the session does not."""
    session = a_session().step(5)
    bar = session.panels.timeline()
    slider = find(bar, "qr-slider")
    assert (slider.min, slider.max, slider.value) == (0, 449, 5)
    slider.value = 2
    assert str(session.now.day)[:10] == "2022-03-02"
    slider.value = 0
    assert session.now.phase.value == "AFTER_CLOSE"
    assert "Before the first trading day" in where(bar)
    slider.value = 9
    assert bar.last_error is None
    assert str(session.now.day)[:10] == "2022-03-11"
    assert (slider.value, len(session.branches)) == (9, 1)


def test_marks_stand_where_orders_were_placed_filled_and_rejected() -> None:
    """Protects the map of the run: three kinds of mark, told apart by shape, and counted in words."""
    session = a_session()
    session.buy(SYMBOL, 1000)
    session.buy("688903", 100)
    session.step(2)
    bar = session.panels.timeline()
    strip = find(bar, "qr-strip").value
    assert "placed 1, filled 1, rejected 1" in strip
    shapes = {kind: strip.split(f'class="qr-mark-{kind}" d="')[1].split('"')[0] for kind in ("placed", "filled")}
    assert shapes["placed"].endswith("v5")
    assert shapes["filled"].endswith("z")
    session.back(2)
    session.panels.desk.refresh()
    assert 'class="qr-mark-filled qr-ahead"' in find(bar, "qr-strip").value


def test_branches_are_opened_and_changed_in_the_bar() -> None:
    """Protects the way back: the selector shows all branches, and standing on another one is one choice."""
    session = a_session().step(3)
    bar = session.panels.timeline()
    press(bar, "qr-back")
    find(bar, "qr-branch-name").value = "other"
    press(bar, "qr-open-branch")
    assert session.branches.current == "other"
    selector = find(bar, "qr-branch")
    assert [value for _, value in selector.options] == ["main", "other"]
    assert selector.value == "other"
    selector.value = "main"
    assert session.branches.current == "main"
    assert "2022-03-02" in where(bar)
    press(bar, "qr-open-branch")
    assert "Type a name for the new branch first." in bar.said


def test_acting_from_the_past_shows_the_new_branch() -> None:
    """Protects those who do not know of branches yet: the bar says that one was opened."""
    session = a_session().step(3)
    bar = session.panels.timeline()
    press(bar, "qr-back")
    session.panels.ticket().place()
    session.panels.desk.refresh()
    assert find(bar, "qr-branch").value == "branch-1@2022-03-02"
    assert "opened branch 'branch-1@2022-03-02'" in bar.said


def run_until(goal: str, **places: object) -> tuple[object, object]:
    """A session with some orders, run from its bar until something."""
    session = a_session(**places)
    bar = session.panels.timeline()

    choose(bar, "qr-until", goal)

    async def story() -> None:
        press(bar, "qr-run")
        while bar.task is not None:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)

    def go() -> None:
        asyncio.run(story())

    return session, (bar, go)


def test_run_until_a_fill_stops_at_the_fill() -> None:
    """Protects the most used jump: to the moment of the next fill, not to the end of its day."""
    session, (bar, go) = run_until("until_fill")
    session.buy(SYMBOL, 100, style=terms.limit(9.4, tif="GTC"))
    go()
    fills = session.fills
    assert len(fills) == 1
    assert str(fills.day[0])[:10] == str(session.now.day)[:10]
    assert fills.phase[0] == session.now.phase.value
    assert "fill: order 1 filled 100" in bar.said
    assert find(bar, "qr-step").disabled is False


def test_run_until_a_rejection_stops_with_its_reason() -> None:
    """Protects the search for what went wrong: the run stops there and says why."""
    session, (bar, go) = run_until("until_rejected", match_order="fifo")
    session.buy(SYMBOL, 1000)
    session.sell(SYMBOL, 1000)
    go()
    assert "T_PLUS_ONE" in bar.said
    assert session.now.phase.value == "OPEN"


def test_run_until_a_date_and_the_end() -> None:
    """Protects the two plain goals, and the words at the end of the session."""
    session, (bar, go) = run_until("until_date", end="2022-03-31")
    go()
    assert bar.said == "Choose a date first."
    find(bar, "qr-until-date").value = dt.date(2022, 3, 10)
    go()
    assert str(session.now.day)[:10] == "2022-03-10"
    choose(bar, "qr-until", "until_end")
    go()
    assert str(session.now.day)[:10] == "2022-03-31"
    assert bar.said == "The session ends here: 2022-03-31 is its last trading day."


def test_run_until_the_strategy_acts_and_until_a_breakpoint() -> None:
    """Protects those who debug: to the next thing that the strategy does, and to what they asked for by name."""

    def late(context: object, data: object) -> None:
        if str(context.now.day)[:10] == "2022-03-09":
            context.order(SYMBOL, 100)

    session, (bar, go) = run_until("until_strategy", strategy=late)
    go()
    assert str(session.now.day)[:10] == "2022-03-09"
    choose(bar, "qr-until", "until_breakpoint")
    go()
    assert bar.said.startswith("There is no breakpoint yet")
    session.breakpoints.add("2022-03-15", name="ides")
    session.panels.desk.refresh()
    assert find(bar, "qr-until-breakpoint").value == "ides"
    go()
    assert str(session.now.day)[:10] == "2022-03-15"


def test_a_click_ahead_in_a_kernel_runs_there_and_can_be_paused() -> None:
    """Protects from a red error for a click (defect 11): the way there is a run like any other."""
    session = a_session()
    bar = session.panels.timeline()

    progress = find(bar, "qr-progress")
    shown: list[object] = []
    progress.layout.observe(lambda change: shown.append(change["new"]), names="display")

    async def story() -> None:
        find(bar, "qr-slider").value = 40
        assert find(bar, "qr-play").description == "Pause"
        while bar.task is not None:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)

    asyncio.run(story())
    assert find(bar, "qr-slider").value == 40
    # A bar tells how far it has come, as long as it is on its way.
    assert shown == [None, "none"]
    assert progress.max == 40
    assert session.simulation.account.day - session.simulation.exchange.first == 39


def test_playing_says_nothing_at_each_step() -> None:
    """Protects from "Stopped at ...: the condition holds" at every tick (defect 13)."""
    session = a_session()
    bar = session.panels.timeline()
    find(bar, "qr-speed").value = 20
    said = []

    async def story() -> None:
        press(bar, "qr-play")
        for _ in range(20):
            await asyncio.sleep(0.02)
            said.append(bar.said)
        bar.pause()
        await asyncio.sleep(0.05)

    asyncio.run(story())
    assert session.simulation.timeline.cursor > 1
    assert set(said) == {""}


def test_play_steps_until_pause() -> None:
    """Protects the pause button: it stops the play between two steps, and the buttons come back."""
    session = a_session()
    bar = session.panels.timeline()
    find(bar, "qr-speed").value = 20

    async def story() -> int:
        press(bar, "qr-play")
        await asyncio.sleep(0.25)
        assert find(bar, "qr-play").description == "Pause"
        assert find(bar, "qr-step").disabled
        press(bar, "qr-play")
        await asyncio.sleep(0.01)
        stood = session.simulation.timeline.cursor
        await asyncio.sleep(0.2)
        assert session.simulation.timeline.cursor == stood
        return stood

    steps = asyncio.run(story())
    assert 2 <= steps <= 7  # 20 a second for a quarter of one
    assert bar.said == "Paused."
    assert find(bar, "qr-play").description == "Play"
    assert not find(bar, "qr-step").disabled


def test_play_stops_at_a_breakpoint_an_error_and_the_end() -> None:
    """Protects from a play that runs over what one wanted to see."""
    session = a_session(end="2022-03-04")
    session.breakpoints.add("2022-03-02")
    bar = session.panels.timeline()
    asyncio.run(bar.play(rate=0))
    assert str(session.now.day)[:10] == "2022-03-02"
    asyncio.run(bar.play(rate=0))
    assert str(session.now.day)[:10] == "2022-03-04"
    assert "The session ends here" in bar.said

    def broken(context: object, data: object) -> None:
        raise ValueError("no")

    session = a_session(strategy=broken)
    bar = session.panels.timeline()
    asyncio.run(bar.play(rate=0))
    assert "ValueError" in bar.said or "no" in bar.said
    assert session.now.phase.value == "AFTER_CLOSE"


def test_play_without_a_kernel_says_what_to_do() -> None:
    """Protects plain Python, where no loop would ever take a step."""
    bar = a_session().panels.timeline()
    press(bar, "qr-play")
    assert "in plain Python call session.run()" in bar.said


def test_keys_do_what_the_buttons_do() -> None:
    """Protects those without a mouse."""
    session = a_session()
    bar = session.panels.timeline()
    bar.key("step")
    bar.key("step_phase")
    bar.key("back")
    assert session.now.phase.value == "CLOSE"
    assert "2022-03-01" in where(bar)


def test_inside_a_day_of_minutes_the_time_is_told() -> None:
    """Protects minute data: the fifth bar ends at 09:35, in the bar, among the fills and among the events."""
    session = qr.Session(qr.sample_market("minute"), cash=100_000, clock="same_bar")
    bar = session.panels.timeline()
    for _ in range(7):
        press(bar, "qr-step-phase")
    assert "during the day 09:35" in where(bar)
    session.buy(SYMBOL, 100)
    assert '<td class="qr-left">during the day 09:35</td>' in session.panels.fills().html()
    assert "during the day 09:35" in session.panels.events().html()
    press(bar, "qr-step")
    assert "at the close ·" in where(bar)


def test_there_is_no_way_back_from_the_beginning() -> None:
    """Protects beginners from the words of the timeline, and the keyboard: a button that is off loses the focus."""
    session = a_session()
    bar = session.panels.timeline()
    press(bar, "qr-step")
    press(bar, "qr-back")
    assert bar.said == ""
    press(bar, "qr-back")
    assert bar.said == "This is the beginning: there is nothing to go back to."
    assert "Before the first trading day" in where(bar)


def test_marks_of_neighbouring_days_do_not_cover_each_other() -> None:
    """Protects the strip when few days have passed: marks are 5 wide, those of one kind stand further apart."""
    session = a_session()
    for _ in range(12):
        session.buy(SYMBOL, 100)
        session.buy("688903", 100)
        session.step()
    bar = session.panels.timeline()
    strip = find(bar, "qr-strip").value
    for kind in ("filled", "rejected"):
        path = strip.split(f'class="qr-mark-{kind}" d="')[1].split('"')[0]
        places = [float(text) for text in re.findall(r"M([\d.-]+) ", path)]
        assert len(places) > 1
        assert all(after - before >= 5 for before, after in pairwise(places)), kind
    heights = {
        kind: re.search(rf'class="qr-mark-{kind}" d="M[\d.-]+ ([\d.]+)', strip)[1] for kind in ("filled", "rejected")
    }
    assert heights["filled"] != heights["rejected"]


def test_what_cannot_be_is_told_in_the_words_of_the_page() -> None:
    """Protects those who click: the end, a name that is taken and a day too early are told in their language."""
    session = a_session(language="zh", end="2022-03-02").step(2)
    bar = session.panels.timeline()
    press(bar, "qr-step")
    assert bar.said == "会话到此结束：2022-03-02 是最后一个交易日。"
    press(bar, "qr-step-phase")
    assert session.now.phase.value == "AFTER_CLOSE"
    press(bar, "qr-step-phase")
    assert bar.said == "会话到此结束：2022-03-02 是最后一个交易日。"
    find(bar, "qr-branch-name").value = " main "
    press(bar, "qr-open-branch")
    assert bar.said == "名称 main 已被占用：请另取名称，或在列表中选择该分支。"
    assert list(session.branches) == ["main"]


def test_a_run_to_a_day_outside_the_session() -> None:
    """Protects the field of dates: the end of the year is the end of the session, and a day too early is told."""
    session, (bar, go) = run_until("until_date", end="2022-03-31")
    find(bar, "qr-until-date").value = dt.date(1990, 1, 1)
    go()
    assert bar.said == "1990-01-01 is before the first trading day of this session, 2022-03-01."
    find(bar, "qr-until-date").value = dt.date(2099, 12, 31)
    go()
    assert str(session.now.day)[:10] == "2022-03-31"
    assert bar.last_error is None


def test_while_one_panel_plays_no_other_moves_the_session() -> None:
    """Protects two workbenches of one session: the second can pause what the first one plays, and no more."""
    session = a_session()
    bar, other = session.panels.timeline(), session.panels(theme="dark").timeline()

    async def story() -> None:
        press(bar, "qr-play")
        await asyncio.sleep(0.05)
        assert all(find(other, name).disabled for name in ("qr-back", "qr-step", "qr-step-phase", "qr-open-branch"))
        later = session.panels(theme="light").timeline()
        assert find(later, "qr-step").disabled
        assert find(other, "qr-play").description == "Pause"
        press(other, "qr-play")
        await asyncio.sleep(0.05)
        assert bar.task is None
        assert not any(find(panel, "qr-step").disabled for panel in (bar, other, later))

    asyncio.run(story())
    assert session.simulation.timeline.cursor > 0


def test_an_error_is_over_when_the_session_has_gone_on() -> None:
    """Protects from an old alarm: a strategy that was mended in a cell is not told as broken any more."""

    def broken(context: object, data: object) -> None:
        raise ValueError("broken")

    session = a_session(strategy=broken)
    bar = session.panels.timeline()
    press(bar, "qr-step")
    session.panels.desk.refresh()
    assert "broken" in bar.said
    session.strategy = lambda context, data: None
    session.panels.desk.refresh()
    assert bar.last_error is None
    assert "strategy is now" in bar.said
