"""How an account beside another one is opened: its rules, and its beginning out of what the log holds of them."""

from __future__ import annotations

import json
from ast import literal_eval
from collections.abc import Mapping
from typing import Any

from qresearch.engine.accounts.kinds import ACCOUNTS
from qresearch.errors import UsageError, close_matches, did_you_mean, shown
from qresearch.session.following import Follower
from qresearch.session.plain import from_plain, is_own
from qresearch.session.rules import Rules
from qresearch.session.simulation import Simulation


def rules_beside(clock: Any, rules: Rules | None, options: Mapping[str, Any]) -> Rules:
    """The rules of an account that is opened beside another one, whose clock it has unless it says otherwise.

    Raises
    ------
    UsageError
        No rules, or an option that is none; the message lists them.
    """
    if rules is not None and not isinstance(rules, Rules):
        raise UsageError(f"accounts.open: rules={shown(rules)} are no Rules. Pass qresearch.Rules(costs='zero').")
    usual = Rules(clock=clock) if rules is None else rules
    known = usual.options()
    for word in options:
        if word not in known:
            near = did_you_mean(close_matches(word, known))
            raise UsageError(f"accounts.open: there is no option {word!r}. {near}There are {', '.join(known)}.")
    return usual.changed(dict(options))


def opened_beside(lead: Simulation, name: str, options: str, rules: Rules | None, *, keep_every: int) -> Follower:
    """An account beside another one, before the first day.

    Parameters
    ----------
    lead : Simulation
    name : str
    options : str
        Rules and cash as JSON, as the log holds them.
    rules : Rules or None
        The rules themselves, where they were given in this process.
    keep_every : int
        Every how many moments a state is kept.

    Raises
    ------
    UsageError
        It was opened with a model of the user's own, which is not there yet.
    """
    held = json.loads(options)
    is_ours = held.pop("is_ours")
    made: dict[str, Any] = {
        option: _made_again(value) if is_ours else None for option, value in held.items() if is_own(value)
    }
    own = [option for option, model in made.items() if model is None]
    if rules is None and own:
        raise UsageError(
            f"The account {name!r} was opened with {' and '.join(own)} of your own, which a journal does not hold. "
            f"Hand it in: session.account.all.open({name!r}, ...) with the very options of then."
        )
    given = from_plain({option: value for option, value in held.items() if not is_own(value)})
    cash = lead.market.venue.money.money("cash", given.pop("cash"))
    rules = Rules(**{**given, **made}) if rules is None else rules
    opened = Simulation.opened(
        lead.market, lead.exchange.first, lead.exchange.last, rules.settings(lead.market.venue), rules.models(),
        cash=cash, holdings={}, paid=True, keep_every=keep_every,
    )  # fmt: skip
    return Follower(name, lead, opened)


def _made_again(value: Mapping[str, Any]) -> object | None:
    """A kind of account of ours, made again from its name and parameters as a log holds them; None for another model.

    The parameters are numbers and words: reading them runs nothing.
    """
    name, parameters = from_plain(value["$own"])
    kind = ACCOUNTS.get(name)
    if kind is None:
        return None
    try:
        return type(kind)(**{key: literal_eval(text) for key, text in parameters})
    except (TypeError, ValueError, SyntaxError):
        return None
