# %% [markdown]
# # Options: a premium, what writing one binds, an adjustment, and an exercise
#
# You will learn
#
# - what a right costs who buys it, and what it binds of who writes it;
# - how calls are covered by shares that are locked;
# - what a dividend of the fund does to strike and unit of a contract;
# - what happens on the last day, and what is delivered on the day after it.
#
# About 25 minutes. The contracts and prices are invented, their rules are real. The last cells are exercises.

# %%
import pandas as pd

import qresearch as qr
from qresearch import terms
from qresearch.exercises import check

market = qr.sample_options()
options = {item.symbol: item.contract for item in market.instruments if item.contract and item.contract.option}
pd.DataFrame(
    [
        {
            "symbol": symbol,
            "on": contract.option.underlying,
            "right": contract.option.right,
            "strike": contract.option.terms[0].strike,
            "unit": contract.multiplier,
            "style": contract.option.style,
            "brings": contract.option.settlement,
            "last day": contract.last_day,
        }
        for symbol, contract in options.items()
    ]
).set_index("symbol").sort_values(["on", "last day", "right", "strike"])

# %% [markdown]
# ## A premium is paid, a written contract binds
#
# Who buys a call pays its premium and can lose no more. Who writes a put is paid at once, and may have to take 10,000
# units at the strike: the exchange asks for a margin, what it would cost to buy the put back and a part of the fund's
# price less what the put is out of the money.

# %%
session = qr.Session(market, start="2022-11-28", cash=300_000, account="options")
session.step()
session.buy("C2212M4000", 5)
session.sell("P2212M4000", 5)
session.step()
session.tables.lots.T

# %%
session.portfolio.cash, session.portfolio.margin, session.portfolio.available

# %% [markdown]
# The premium of the call is gone from the cash, and its value is part of the equity; what may be used for something
# new is the cash less the margin. Each check of the order stands in its explanation.

# %%
print(session.explain(2))

# %% [markdown]
# ## Covered calls
#
# Who holds the fund can lock units of it and write calls without margin: the units are there if somebody exercises.
# Locked units cannot be sold.

# %%
session.buy("514101.SH", 30_000)
session.step()
session.account.lock("514101.SH", 20_000)
session.sell("C2212M4200", 2, terms.covered_open())
session.step()
session.tables.lots[["quantity", "average_price", "price", "margin", "floating_profit"]]

# %%
order = session.sell("514101.SH", 30_000)
session.step()
order

# %%
print(session.explain(order))

# %% [markdown]
# ## The fund pays a dividend
#
# On 2022-12-15 the fund goes ex dividend by 0.049 yuan. So that nobody who holds a contract wins or loses by it, its
# strike falls and its unit grows: 10,000 units at 4.2 become 10,120 at 4.15, the same money.

# %%
session.run(until="2022-12-15", progress=False)
[(held.since, held.strike, held.unit) for held in market.instrument("C2212M4200").contract.option.terms]

# %%
session.tables.lots[["quantity", "average_price", "price", "market_value", "floating_profit"]]

# %% [markdown]
# The cost of each lot has stayed, its price per unit has not. And 20,000 locked units are too few for two calls of
# 10,120: whoever does not lock more on this day has one of them closed by force at the next open.

# %%
session.step(2)
session.orders[["symbol", "side", "quantity", "filled", "status", "placed", "placed_phase"]].tail(2)

# %% [markdown]
# ## The last day
#
# After the close of 2022-12-28 everything in the money is exercised by itself: the calls that are held bring 10,120
# units each at 3.953, paid and delivered on the next trading day. What is out of the money lapses, and whoever wrote it
# keeps the premium.

# %%
session.run(until="2022-12-28", progress=False)
at_close = session.portfolio.cash, session.portfolio.quantities
session.step(phase="AFTER_CLOSE")
posted = session.events[session.events["event"].isin(["LotsTaken", "Posted"])].tail(6)
posted[["day", "event", "symbol", "quantity", "amount", "text"]]

# %%
session.step()
session.portfolio.cash, session.portfolio.quantities, at_close

# %%
session.tables.daily_portfolio[["equity", "margin", "available", "option_value", "realised_profit"]].tail(5)

# %% [markdown]
# ## On an index, and on a future
#
# An option on an index ends in cash: the difference to the strike times 100 yuan. One on a future brings a lot of the
# future at the strike, on any day where it is American; from then on it is settled daily like every lot.

# %%
session = qr.Session(market, start="2023-02-01", cash=300_000, account="options")
session.step()
session.buy("QT2307C68000", 1)
session.step()
session.account.exercise("QT2307C68000", 1)
session.tables.lots.T

# %%
session.step(2)
session.plot()

# %% [markdown]
# ## Exercises
#
# **1.** The fund closes at 4.00 and a put with the strike 4.00 at 0.06. What does one written contract of 10,000 units
# bind, in yuan?

# %%
answer = None

check(answer, lambda: (0.06 + 0.12 * 4.0) * 10_000, "Nothing is out of the money: the premium and 12 % of the fund.")

# %% [markdown]
# **2.** How many contracts of C2212M4100 are filled in an account of 5,000 yuan that asks for 10 of them for the open
# of 2022-11-29?

# %%
answer = None


def bought():
    """Contracts that the cash pays."""
    run = qr.Session(market, start="2022-11-28", cash=5_000, account="options").step()
    ticket = run.buy("C2212M4100", 10)
    run.step()
    return ticket.filled


check(answer, bought, "Divide by the premium of one contract and its fee, or try it.")

# %% [markdown]
# **3.** With how many units locked in all on 2022-12-15 would both covered calls have been kept?

# %%
answer = None

check(answer, lambda: 2 * market.instrument("C2212M4200").contract.option.terms[-1].unit, "Two contracts, new unit.")
