"""Who plays in the embedded market, and what is scripted: the tables that :mod:`make_sample` plays out.

Everything here is invented. The codes lie in the number ranges of their boards but, as far as we know, in parts of
them that no real instrument uses.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST, LAST = "2021-01-04", "2023-12-29"
INDEX = ("000900.SH", "QR Sample 300", "样本300指数")

REGIMES = (
    ("2021-01-04", "2021-09-14", 0.34, 0.0100),
    ("2021-09-15", "2022-10-31", -0.42, 0.0130),
    ("2022-11-01", "2023-12-29", 0.07, 0.0065),
)
"""First day, last day, sum of log returns and daily volatility of the market: a bull, a bear and a calm spell."""


@dataclass(frozen=True, slots=True)
class Share:
    """One instrument of the cast.

    Parameters
    ----------
    symbol, name, name_zh, sector : str
    start, end : float, yuan per share
        Level before the first row (the issue price of a new listing) and the level it drifts to by the last one,
        before corporate actions and scripted days.
    beta, vol : float
        Exposure to the market; daily volatility of what is its own.
    volume : float, million shares a day
    listed : str
        Listing date.
    anchors : tuple of (day, price)
        Levels to drift through on the way.
    last : str
        Day of the last row.
    """

    symbol: str
    name: str
    name_zh: str
    sector: str
    start: float
    end: float
    beta: float
    vol: float
    volume: float
    listed: str
    anchors: tuple[tuple[str, float], ...] = ()
    last: str = LAST
    same_day_sale: bool = False
    limit_ratio: float | None = None


CAST = (
    Share("004102.SZ", "Lanting Appliances", "兰汀电器", "consumer", 42.0, 55.0, 1.0, 0.016, 9.0, "1998-06-18"),
    Share("004115.SZ", "Fenghe Agriculture", "丰禾农业", "consumer", 13.2, 16.0, 0.9, 0.019, 14.0, "2003-09-24"),
    Share("004121.SZ", "Yaoguang Glass", "曜光玻璃", "industry", 21.5, 17.0, 1.1, 0.018, 11.0, "2007-08-08"),
    Share("004136.SZ", "Xiling Stores", "西岭百货", "consumer", 9.8, 7.9, 0.7, 0.015, 0.35, "1996-11-27"),
    Share("004140.SZ", "Dunhe Chemicals", "敦和化学", "industry", 16.4, 11.0, 1.2, 0.020, 7.5, "2010-04-20",
          last="2023-06-30"),
    Share("004158.SZ", "Zhaoming Lighting", "昭明照明", "industry", 7.3, 6.1, 0.9, 0.017, 6.0, "2011-01-13"),
    Share("004163.SZ", "Ruibo Auto Parts", "锐博汽配", "industry", 24.8, 36.0, 1.2, 0.021, 8.0, "2012-03-22"),
    Share("004177.SZ", "Linjiang Brewery", "临江啤酒", "consumer", 31.0, 27.5, 0.8, 0.016, 5.0, "2000-05-16"),
    Share("157301.SZ", "Gold Bullion ETF", "金锭ETF", "gold", 3.842, 4.710, 0.0, 0.0075, 55.0, "2014-07-29",
          same_day_sale=True),
    Share("302601.SZ", "Shuhai Software", "数海软件", "tech", 58.0, 66.0, 1.3, 0.024, 6.5, "2016-12-08"),
    Share("302615.SZ", "Kangmai Biotech", "康脉生物", "health", 86.0, 52.0, 1.1, 0.025, 4.0, "2017-09-15"),
    Share("302622.SZ", "Anzhi Robotics", "安智机器人", "tech", 33.5, 48.0, 1.3, 0.024, 5.5, "2019-03-28"),
    Share("514101.SH", "QR 300 ETF", "样本300ETF", "index", 4.015, 4.0, 1.0, 0.0012, 190.0, "2012-05-28"),
    Share("514205.SH", "Chip Makers ETF", "芯造ETF", "tech", 2.126, 1.9, 1.25, 0.009, 260.0, "2019-06-12"),
    Share("514588.SH", "STAR 50 Sample ETF", "科创样本ETF", "tech", 1.402, 0.98, 1.2, 0.010, 320.0, "2020-11-16",
          limit_ratio=0.2),
    Share("604001.SH", "Qinglan Steel", "青岚钢铁", "industry", 6.45, 5.2, 1.1, 0.016, 42.0, "2000-12-12"),
    Share("604018.SH", "Hengyu Bank", "恒屿银行", "finance", 11.6, 10.4, 0.6, 0.009, 65.0, "2007-02-05"),
    Share("604026.SH", "Jinluo Liquor", "金络酒业", "consumer", 1688.0, 1620.0, 0.9, 0.014, 2.4, "2001-08-27"),
    Share("604035.SH", "Yunding Power", "云鼎电力", "industry", 18.6, 19.5, 0.7, 0.015, 16.0, "2003-11-18"),
    Share("604047.SH", "Beiche Rail", "北澈轨交", "industry", 8.9, 7.4, 0.9, 0.016, 25.0, "2008-08-18"),
    Share("604052.SH", "Hailan Shipping", "海岚航运", "industry", 14.7, 12.6, 1.2, 0.020, 30.0, "2007-06-26"),
    Share("604069.SH", "Tongyuan Cement", "同垣水泥", "industry", 27.3, 18.8, 1.0, 0.016, 12.0, "2002-02-07"),
    Share("604073.SH", "Xinghe Pharma", "杏禾药业", "health", 48.5, 39.0, 0.9, 0.018, 7.0, "2010-06-18"),
    Share("604088.SH", "Muqi Paper", "木栖纸业", "industry", 2.12, 1.9, 0.6, 0.014, 38.0, "1997-05-21",
          anchors=(("2021-07-08", 2.45), ("2022-06-30", 2.20))),
    Share("604095.SH", "Guanlan Textile", "观澜纺织", "consumer", 9.2, 6.4, 0.8, 0.018, 9.0, "1999-07-09"),
    Share("604103.SH", "Changfeng Foods", "长枫食品", "consumer", 5.1, 0.9, 0.8, 0.021, 13.0, "2004-03-30",
          anchors=(("2022-05-05", 2.65), ("2022-08-19", 1.52))),
    Share("604116.SH", "Mingzhu Logistics", "明渚物流", "industry", 17.8, 21.0, 1.0, 0.022, 6.0, "2023-05-16"),
    Share("688903.SH", "Jingque Semiconductor", "晶阙半导体", "tech", 124.0, 108.0, 1.4, 0.025, 3.2, "2019-12-30"),
    Share("688917.SH", "Lingyu Photonics", "凌羽光子", "tech", 24.6, 21.0, 1.3, 0.028, 4.8, "2022-06-15"),
    Share("839208.BJ", "Baiyan Materials", "白研新材", "industry", 14.3, 12.5, 0.8, 0.022, 0.9, "2022-08-30"),
    Share("928101.BJ", "Weiye Bearings", "维业轴承", "industry", 8.2, 9.6, 0.8, 0.022, 1.5, "2021-12-20"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """A scripted day; None leaves it to chance. Beyond a price limit means at that limit.

    Parameters
    ----------
    gap, high, low, move : float or None
        Open, high, low and close as a fraction of the reference price.
    volume : int or None, shares
    activity : float
        Factor on the volume.
    """

    gap: float | None = None
    move: float | None = None
    high: float | None = None
    low: float | None = None
    volume: int | None = None
    activity: float = 1.0


UP, DOWN = 9.0, -0.99
LOCKED_UP = Day(UP, UP, UP, UP, activity=0.04)
LOCKED_DOWN = Day(DOWN, DOWN, DOWN, DOWN, activity=0.05)

DAYS: dict[tuple[str, str], Day] = {
    ("004163.SZ", "2021-01-20"): Day(0.06, 0.045, 0.068, 0.031, activity=2.4),
    ("004177.SZ", "2021-01-27"): Day(-0.055, -0.042, -0.028, -0.069, activity=2.6),
    ("302615.SZ", "2021-02-03"): Day(0.004, 0.034, 0.041, -0.092, activity=2.8),
    ("004136.SZ", "2021-02-24"): Day(-0.002, -0.006, 0.004, -0.011, volume=12_300),
    ("604035.SH", "2021-03-16"): Day(0.004, 0.017, 0.022, -0.003),
    ("604035.SH", "2021-03-17"): LOCKED_UP,
    ("604035.SH", "2021-03-18"): Day(0.034, 0.012, 0.051, -0.008, activity=4.0),
    ("604069.SH", "2021-04-21"): Day(UP, 0.047, UP, 0.026, activity=3.5),
    ("604047.SH", "2021-06-07"): Day(0.003, 0.021, 0.027, -0.006, activity=1.4),
    ("604047.SH", "2021-06-08"): LOCKED_UP,
    ("604047.SH", "2021-06-09"): LOCKED_UP,
    ("604047.SH", "2021-06-10"): LOCKED_UP,
    ("604047.SH", "2021-06-11"): Day(0.058, -0.021, 0.081, -0.037, activity=6.0),
    ("604073.SH", "2021-07-29"): Day(0.074, 0.062, 0.091, 0.038, activity=4.5),
    ("604052.SH", "2022-03-14"): Day(-0.003, -0.012, 0.006, -0.021),
    ("604052.SH", "2022-03-15"): LOCKED_DOWN,
    ("604052.SH", "2022-03-16"): Day(-0.048, -0.013, 0.008, -0.066, activity=3.5),
    ("604001.SH", "2022-04-25"): Day(DOWN, -0.041, -0.033, DOWN, activity=2.8),
    # ST: the first two days after the announcement find no buyer.
    ("604095.SH", "2022-05-05"): LOCKED_DOWN,
    ("604095.SH", "2022-05-06"): LOCKED_DOWN,
    ("604095.SH", "2022-08-02"): Day(0.041, 0.073, 0.088, 0.036, activity=3.5),
    ("604103.SH", "2022-05-06"): LOCKED_DOWN,
    # New listings: the days without limits.
    ("928101.BJ", "2021-12-20"): Day(0.38, 0.452, 0.71, 0.31, activity=6.0),
    ("688917.SH", "2022-06-15"): Day(0.55, 0.624, 0.812, 0.43, activity=9.0),
    ("688917.SH", "2022-06-16"): Day(-0.061, -0.143, -0.024, -0.178, activity=6.0),
    ("688917.SH", "2022-06-17"): Day(0.038, 0.226, 0.274, 0.012, activity=5.5),
    ("688917.SH", "2022-06-20"): Day(0.045, -0.084, 0.067, -0.112, activity=5.0),
    ("688917.SH", "2022-06-21"): Day(-0.012, 0.058, 0.083, -0.031, activity=4.0),
    ("839208.BJ", "2022-08-30"): Day(-0.07, -0.128, -0.052, -0.169, activity=5.0),
    ("604116.SH", "2023-05-16"): Day(0.92, 1.183, 1.36, 0.81, activity=9.0),
    ("604116.SH", "2023-05-17"): Day(-0.052, -0.127, -0.021, -0.161, activity=6.0),
    ("604116.SH", "2023-05-18"): Day(0.013, 0.142, 0.187, -0.024, activity=5.5),
    ("604116.SH", "2023-05-19"): Day(0.031, -0.118, 0.049, -0.134, activity=5.0),
    ("604116.SH", "2023-05-22"): Day(-0.015, 0.044, 0.061, -0.037, activity=4.0),
}

SLIDE = ("604103.SH", "2022-08-22", 8, (-0.021, 0.011, -0.032, 0.021, -0.011, 0.0, -0.031, 0.012))
"""Symbol, first day, number of locked days and the moves that follow them, over and over, until it is delisted."""

FREE_DAYS = {"928101.BJ": 1, "688917.SH": 5, "839208.BJ": 1, "604116.SH": 5}
"""Sessions without a price limit after a listing inside the sample."""

PAUSED = (
    ("604073.SH", "2021-07-19", "2021-07-28"),
    ("004121.SZ", "2022-02-14", "2022-02-21"),
    ("604095.SH", "2022-04-29", "2022-04-29"),
    ("604103.SH", "2022-05-05", "2022-05-05"),
    ("604095.SH", "2022-08-01", "2022-08-01"),
)
ABSENT = (("004158.SZ", "2022-11-07", "2022-11-18"),)
RISK_WARNING = (("604095.SH", "2022-05-05", "2022-07-29"), ("604103.SH", "2022-05-06", LAST))


@dataclass(frozen=True, slots=True)
class Payout:
    """A corporate action: what a holder gets for each share; `cash` and `rights_price` as fractions of the price."""

    symbol: str
    ex_date: str
    cash: float = 0.0
    bonus: float = 0.0
    rights: float = 0.0
    rights_price: float = 0.0


PAYOUTS = (
    Payout("604001.SH", "2021-06-17", cash=0.021),
    Payout("604001.SH", "2023-06-15", cash=0.033),
    Payout("604018.SH", "2021-07-08", cash=0.045),
    Payout("604018.SH", "2022-07-07", cash=0.052),
    Payout("604018.SH", "2023-07-06", cash=0.055),
    Payout("604026.SH", "2021-06-25", cash=0.011),
    Payout("604026.SH", "2022-06-30", cash=0.014),
    Payout("604026.SH", "2023-06-30", cash=0.016),
    Payout("604035.SH", "2021-06-22", cash=0.024),
    Payout("604069.SH", "2021-05-20", cash=0.035),
    Payout("604069.SH", "2022-05-19", cash=0.041),
    Payout("004102.SZ", "2021-05-27", bonus=1.0),
    Payout("004102.SZ", "2022-05-26", cash=0.028),
    Payout("004102.SZ", "2023-06-08", cash=0.026),
    Payout("004115.SZ", "2022-06-09", cash=0.018, bonus=0.4),
    Payout("004121.SZ", "2022-02-22", rights=0.3, rights_price=0.68),
    Payout("004177.SZ", "2021-06-03", cash=0.012),
    Payout("004177.SZ", "2022-06-16", cash=0.017),
    Payout("302622.SZ", "2022-05-12", cash=0.006, bonus=0.5),
    Payout("688903.SH", "2021-06-24", cash=0.003),
    Payout("514101.SH", "2022-12-15", cash=0.012),
    Payout("514205.SH", "2021-08-16", bonus=1.0),
)
