"""What a reader would put in the place of each blank of the course, notebook by notebook."""

from __future__ import annotations

import re

BLANK = re.compile(r"^answer = None$", re.MULTILINE)
"""Where an exercise waits for its answer."""

SELL_AT_A_GAIN = """
class Gain:
    bought = False

    def handle_data(self, context, data):
        held = context.portfolio.positions["604018"]
        if not self.bought:
            context.order("604018", 1000)
            self.bought = True
        elif held.quantity and data.history("604018", 1).iloc[-1, 0] >= 1.05 * held.average_cost:
            context.order_target("604018", 0)

answer = qr.Session(market, strategy=Gain).run(progress=False)
"""

ANSWERS = {
    "00_quickstart": ["answer = 5", "answer = ['filled', 'rejected', 'filled']", "answer = 'replaced_by_target'"],
    "10_time_travel": ["answer = '2021-11-01'", "answer = '2021-10-12'", "answer = 1400"],
    "15_debugging": ["answer = 1051", "answer = 'close'", "answer = 2"],
    "20_order_lifecycle": ["answer = 'canceled'", "answer = 1230", "answer = 'filled'", "answer = 'xtquant'"],
    "30_workbench": ["answer = 100_000 - 2500 * 9.52 - 5.95", "answer = 'minimum_size'", "answer = 0"],
    "40_reports": ["answer = '688903.SH'", "answer = 0.63", "answer = '2022-05'"],
    "45_sweeps": [
        "answer = (12, 60)", "answer = 3",
        "answer = 'df9e0db67ad00396ffb9d24468195d4df513319576b5eec2f4d22f289f08bbaa'",
    ],
    "50_joinquant": ["answer = 3100", "answer = 35", "answer = 146_600"],
    "55_xtquant": ["answer = 57", "answer = 120144", "answer = 9.52"],
    "57_lean": ["answer = 3.44", "answer = 'MARKET_ON_CLOSE'", "answer = 'open_order_margin'"],
    "60_costs_and_rules": [
        "answer = 90", "answer = 20_000", "answer = 11.06", "answer = {'688903.SH'}", "answer = ('2007', 72)",
    ],
    "70_strategies": ["answer = (20, 5)", "answer = 0.029", "answer = 30", SELL_AT_A_GAIN],
    "80_futures": ["answer = 6000", "answer = 3", "answer = 10"],
    "85_margin_trading": ["answer = 125_000", "answer = 100_000", "answer = 66.67"],
    "86_options": ["answer = 5400", "answer = 5", "answer = 20_240"],
    "87_bonds": ["answer = 23.42", "answer = 5208", "answer = 28.23"],
    "88_accounts": ["answer = 14_000", "answer = 0", "answer = 1"],
}  # fmt: skip
