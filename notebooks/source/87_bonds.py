# %% [markdown]
# # Bonds: interest by the day, a coupon, a conversion
#
# You will learn
#
# - why a bond costs more than its price, and what happens to the difference on the day of the coupon;
# - what yield, duration and the value of a basis point say;
# - how money is lent for some days by repo;
# - what a convertible is worth, how it becomes shares, and why one should not overlook a call.
#
# About 20 minutes. The bonds are invented, the rules are those of the exchanges. The last cells are exercises.

# %%
import pandas as pd

import qresearch as qr
from qresearch.exercises import check

market = qr.sample_bonds()
pd.DataFrame([{"symbol": item.symbol, "name": item.name, "board": item.board.value} for item in market.instruments])

# %% [markdown]
# ## What is paid
#
# The terms of a bond are part of the market. This treasury pays 2.85 yuan a year for every 100 yuan of face value,
# on 21 June.

# %%
bond = market.instrument("019801").bond
bond

# %% [markdown]
# Its price is *clean*: without the interest that has accrued since the last coupon. Who buys it pays that interest
# besides, for the next coupon is his. One unit is a bond of 100 yuan.

# %%
session = qr.Session(market, start="2023-06-14", cash=1_000_000, account="bond")
session.step()
ticket = session.buy("019801", 1_000)
session.step()
spent = 1_000_000 - session.portfolio.cash
pd.Series({"1,000 bonds at their price": ticket.average_price * 1_000, "paid in all": spent})

# %% [markdown]
# `session.tables.bonds` has both prices, and what the bond has earned. Interest that is bought is no income: at the
# close of the first day it has earned nothing yet.

# %%
columns = [
    "quantity",
    "price",
    "accrued",
    "full_price",
    "value",
    "interest_income",
    "floating_profit",
    "fees",
    "profit",
]
session.tables.bonds[columns].T

# %% [markdown]
# ## Over the day of the coupon
#
# Every day adds 2.85 / 365 yuan of interest to each bond, weekends included. On the day of the coupon the accrued
# interest falls back, and the cash grows: whoever held the bond at the close of the day before is paid.

# %%
rows = {}
for _ in range(5):
    session.step()
    row = session.tables.bonds.loc["019801.SH"]
    rows[str(session.now.day)[:10]] = {
        "price": row["price"], "accrued": row["accrued"], "full price": row["full_price"],
        "cash": session.portfolio.cash, "interest income": row["interest_income"],
    }  # fmt: skip
pd.DataFrame(rows).T

# %% [markdown]
# The full price falls by the coupon, the clean price does not. The income goes on as before: the coupon was earned
# day by day, and only changes its place. On 21 June itself the exchange counts one day of interest already.
#
# Corporate bonds pay their coupon less 20 % of tax (for individuals), but the buyer pays for the whole of what has
# accrued: to buy one just before its coupon is a loss.
#
# ## Yield and risk
#
# The *yield to maturity* is the one rate at which all that the bond still pays is worth its full price. *Duration* is
# the mean time until it pays; modified, it says by how many per cent the price falls when the yield rises by one
# point. `dv01` is that for one hundredth of a point, in yuan, for what is held.

# %%
session.tables.bonds[["yield", "duration", "modified_duration", "convexity", "dv01"]].T

# %% [markdown]
# ## Money for some days
#
# Repo lends money against bonds in pledge. Its price is a rate, per cent a year: who *sells* repo lends. At the end of
# a quarter money is dear. One unit is 100 yuan again.

# %%
session.run(until="2023-06-28", progress=False)
loan = session.sell("204001", 5_000)
session.step()
print(loan.average_price)
session.tables.repo

# %% [markdown]
# Lent on a Thursday for one day, it is out over the weekend: from Friday, when the first leg settles, to Monday. It
# earns three days, and can be used again on Friday.

# %%
session.step(phase="PRE_OPEN")
session.portfolio.cash

# %% [markdown]
# ## A bond that becomes shares
#
# A convertible has a full price, and may be turned into shares at its conversion price: 100 / 9.6 shares for each bond
# of this one. What these are worth is its *conversion value*; what the bond costs beyond it is the *premium*.

# %%
session = qr.Session(market, start="2023-08-01", cash=200_000, account="bond")
session.step()
session.buy("113801", 1_000)
session.run(until="2023-10-20", progress=False)
session.tables.bonds[["quantity", "price", "conversion_value", "premium", "floating_profit"]].T

# %% [markdown]
# The share has risen, and the bond with it. It is converted by hand; the shares can be sold from the next day on, and
# what is less than one share is paid in cash.

# %%
session.account.convert("113801", 500)
session.positions[["quantity", "sellable", "locked", "average_cost", "price", "profit"]]

# %% [markdown]
# Nothing is realised by it: the shares have cost what the bonds had cost.
#
# The issuer may call such a bond. This one trades until 15 November, and is then paid back at 100.80, whatever its
# shares are worth. Who overlooks that gives the difference away.

# %%
session.run(until="2023-11-20", progress=False)
before = session.portfolio.equity
session.step()
late = session.buy("113801", 100)
print(late.why)
session.portfolio.equity - before

# %% [markdown]
# ## Exercises
#
# **1.** Of 1,000 bonds of the treasury: how much interest accrues over a weekend, from Friday to Monday, in yuan?

# %%
answer = None

check(answer, lambda: 1_000 * 3 * 2.85 / 365, "2.85 a year for each bond, and three days.")

# %% [markdown]
# **2.** On 2023-10-20 the account above converted 500 bonds. How many shares did it get?

# %%
answer = None

check(answer, lambda: market.instrument("113801").bond.conversion.shares(500, pd.Timestamp("2023-10-20").date())[0],
      "500 bonds are 50,000 yuan of face value; a share is 9.6 of it, and only whole ones count.")  # fmt: skip

# %% [markdown]
# **3.** 100,000 yuan are lent by repo for one day (`204001`) at the open of 2023-06-29, whose rate stands above. How
# much interest comes back, in yuan?

# %%
answer = None


def interest():
    """What the loan of that day brings."""
    run = qr.Session(market, start="2023-06-28", cash=200_000, account="bond").step()
    run.sell("204001", 1_000)
    run.step()
    return run.tables.repo["interest"].sum()


check(answer, interest, "Five times as much was lent above, and it earned three days.")
