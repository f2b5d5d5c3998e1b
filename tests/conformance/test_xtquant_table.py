"""Every row of the source document of XtQuant's trader: constants, attributes, methods, parameters, answers.

``xttrader_rows.csv`` lists them, 606 in all, in the order of the document.
"""

from __future__ import annotations

import csv
import inspect
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import qresearch as qr
from qresearch.dialects import xtquant
from qresearch.dialects.xtquant import callbacks, other_types, trader, xtconstant, xttype

TABLE = (Path(__file__).parent / "xttrader_rows.csv").read_text("utf-8").replace("\N{NO-BREAK SPACE}", " ")
ROWS = [row["claim"] for row in csv.DictReader(io.StringIO(TABLE))]

UNMET = {
    "constant: 沪港通 - xtconstant.MARKET_ENUM_SHANGHAI_HONGKONG_STOCK": "no published package has it",
    "constant: 深港通 - xtconstant.MARKET_ENUM_SHENZHEN_HONGKONG_STOCK": "as above",
}
"""Rows that do not hold, at most 15, each with its reason."""

METHODS = {
    "创建API实例": ["__init__"], "注册回调类": ["register_callback"], "准备API环境": ["start"], "创建连接": ["connect"],
    "停止运行": ["stop"], "阻塞当前线程进入等待状态": ["run_forever"],
    "开启主动请求接口的专用线程": ["set_relaxed_response_order_enabled"], "订阅账号信息": ["subscribe"],
    "反订阅账号信息": ["unsubscribe"], "股票同步报单": ["order_stock"], "股票异步报单": ["order_stock_async"],
    "股票同步撤单": ["cancel_order_stock", "cancel_order_stock_sysid"],
    "股票异步撤单": ["cancel_order_stock_async", "cancel_order_stock_sysid_async"], "资金划拨": ["fund_transfer"],
    "外部交易数据录入": ["sync_transaction_from_external"], "资产查询": ["query_stock_asset"],
    "委托查询": ["query_stock_orders"], "成交查询": ["query_stock_trades"], "持仓查询": ["query_stock_positions"],
    "期货持仓统计查询": ["query_position_statistics"], "信用资产查询": ["query_credit_detail"],
    "负债合约查询": ["query_stk_compacts"], "融资融券标的查询": ["query_credit_subjects"],
    "可融券数据查询": ["query_credit_slo_code"], "标的担保品查询": ["query_credit_assure"],
    "新股申购额度查询": ["query_new_purchase_limit"], "当日新股信息查询": ["query_ipo_data"],
    "账号信息查询": ["query_account_infos"], "账号状态查询": ["query_account_status"],
    "普通柜台资金查询": ["query_com_fund"],
    "普通柜台持仓查询": ["query_com_position"], "通用数据导出": ["export_data"], "通用数据查询": ["query_data"],
    "券源行情查询": ["smt_query_quoter"], "库存券约券申请": ["smt_negotiate_order_async"],
    "约券合约查询": ["smt_query_compact"], "连接状态回调": ["on_disconnected"],
    "账号状态信息推送": ["on_account_status"],
    "委托信息推送": ["on_stock_order"], "成交信息推送": ["on_stock_trade"], "下单失败信息推送": ["on_order_error"],
    "撤单失败信息推送": ["on_cancel_error"], "异步下单回报推送": ["on_order_stock_async_response"],
    "约券相关异步接口的回报推送": ["on_smt_appointment_async_response"],
}  # fmt: skip
"""Names by the titles of the document; a title that comes twice has two."""

NO_SUCH_ACCOUNT = {
    "query_position_statistics", "query_credit_detail", "query_stk_compacts", "query_credit_subjects",
    "query_credit_slo_code", "query_credit_assure", "smt_query_quoter", "smt_query_compact",
}  # fmt: skip
"""Decided apart: a session has an account of shares, and these answer as a broker without another one, `[]`.

For what the document says of None the same is decided: an empty answer is `[]`.
"""

NOT_ASKED = {"__init__", "stop", "run_forever", "register_callback", "start", "unsubscribe"}
"""Methods that answer nothing, or that are called at the end."""
KEYS_OF_A_PARAMETER = {"subFareRate", "fineRate"}
KINDS: dict[str, type | tuple[type, ...]] = {"bool": bool, "str": str, "int": int, "float": float, "double": float}
PARTS = {"type1", "stock1", "type", "number", "stock", "info", "position", "KCB", "STOCK"}
"""Words of the document for parts of an answer, beside the keys of one."""


def owner(name: str) -> type:
    """The class that has a method."""
    return callbacks.XtQuantTraderCallback if name.startswith("on_") else trader.XtQuantTrader


def placed() -> Iterator[tuple[str, str]]:
    """Each row with the name of the method that it belongs to."""
    seen: dict[str, int] = {}
    for row in ROWS:
        title = row.removeprefix("method: ").partition(":")[0].strip()
        if row.startswith("method: "):
            seen[title] = seen.get(title, -1) + 1
        names = METHODS.get(title, [""])
        yield row, names[min(seen.get(title, 0), len(names) - 1)]


def arguments(account: Any, folder: Path) -> dict[str, tuple[Any, ...]]:
    """How each method is called; the others take the account alone."""
    order = (account, "604018.SH", xtconstant.STOCK_BUY, 100, xtconstant.FIX_PRICE, 9.0, "strategy1", "order_test")
    return {
        "order_stock": order, "order_stock_async": order, "cancel_order_stock": (account, 2),
        "cancel_order_stock_sysid": (account, xtconstant.SH_MARKET, "00000003"),
        "cancel_order_stock_async": (account, 3),
        "cancel_order_stock_sysid_async": (account, xtconstant.SH_MARKET, "00000003"),
        "fund_transfer": (account, xtconstant.FUNDS_TRANSFER_NORMAL_TO_SPEED, 100.0),
        "sync_transaction_from_external": ("ADD", "DEAL", account, []), "query_ipo_data": (),
        "query_account_infos": (), "query_account_status": (), "connect": (), "stop": (),
        "export_data": (account, str(folder / "deal.csv"), "deal"),
        "query_data": (account, str(folder / "deal.csv"), "deal"),
        "smt_negotiate_order_async": (account, "", "000001.SZ", 7, 100, 0.2, {"subFareRate": 0.1, "fineRate": 0.1}),
    }  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each method answers on the embedded market, with shares in the account."""
    session = qr.Session(qr.sample_market(), start="2022-03-01", clock="counter")
    found: dict[str, Any] = {}
    with xtquant.installed(session) as modules:
        made = modules["xtquant.xttrader"].XtQuantTrader("userdata_mini", 123456)
        account = modules["xtquant.xttype"].StockAccount("1000000365")
        made.register_callback(modules["xtquant.xttrader"].XtQuantTraderCallback())
        made.xt_desk.tables = {"ipo": pd.DataFrame([{
            "code": "301208.SZ", "name": "new", "type": "STOCK", "maxPurchaseNum": 16500, "minPurchaseNum": 500,
            "purchaseDate": "20220302", "issuePrice": 46.06,
        }])}  # fmt: skip
        made.start()
        found["connect"] = made.connect()
        found["subscribe"] = made.subscribe(account)
        made.order_stock(account, "604018.SH", 23, 5000, 11, 9.6)
        session.step(2, phase="OPEN")
        given = arguments(account, tmp_path_factory.mktemp("export"))
        for name in [name for names in METHODS.values() for name in names]:
            if name not in {*found, *NOT_ASKED} and not name.startswith(("on_", "set_")):
                found[name] = getattr(made, name)(*given.get(name, (account,)))
        found["unsubscribe"] = made.unsubscribe(account)
        found["__init__"] = made
    return found


def check_answer(name: str, said: str, answer: Any) -> None:
    """One row about what a method gives."""
    if name in NO_SUCH_ACCOUNT:
        assert answer == []
        return
    found = re.match(r"(?:\{ )?([A-Za-z_]\w*)(?::| - |\b / )", said)
    key = found[1] if found else ""
    part = answer[0] if isinstance(answer, list) and answer else answer
    part = answer["301208.SZ"] if name == "query_ipo_data" and "301208.SZ" in answer else part
    if name == "fund_transfer":
        assert [type(item) for item in answer] == [bool, str]
    elif isinstance(part, dict) and key not in {"", "result", *PARTS}:
        kind = re.search(r" - (bool|str|int|float|double)\b", said)
        assert isinstance(part[key], KINDS[kind[1]] if kind else object)
    elif key == "number":
        assert {*answer} == {"KCB", "SH", "SZ"} and all(type(number) is int for number in answer.values())
    elif "minPurchaseNum" in said:
        assert part["minPurchaseNum"] == 500 and part["maxPurchaseNum"] == 16500
    else:
        expected = {
            "__init__": trader.XtQuantTrader, "query_stock_asset": xttype.XtAsset, "query_account_infos": list,
            "query_account_status": list, "query_stock_orders": list, "query_stock_trades": list,
            "query_stock_positions": list, "query_com_position": list, "query_data": pd.DataFrame,
            "export_data": dict, "query_com_fund": dict, "query_new_purchase_limit": dict, "query_ipo_data": dict,
            "sync_transaction_from_external": dict,
        }.get(name, int)  # fmt: skip
        assert isinstance(answer, expected)
        assert not isinstance(answer, int) or answer >= 0


def holds(row: str, name: str, answers: dict[str, Any]) -> None:
    """One row of the document."""
    types = {**vars(xttype), **vars(other_types)}
    if found := re.match(r"xtconstant\.(\w+) = (-?\d+)$", row):
        assert getattr(xtconstant, found[1]) == int(found[2])
    elif row.startswith("constant: "):
        assert hasattr(xtconstant, row.rpartition("xtconstant.")[2])
    elif found := re.search(r"((?:Xt|Stk|Credit)\w+)\.(\w+)$", row):
        assert hasattr(types[found[1]](), found[2])
    elif row.startswith("method: "):
        assert callable(getattr(owner(name), name))
    elif ": 参数 " in row:
        asked = row.partition(": 参数 ")[2].partition(" - ")[0]
        known = inspect.signature(getattr(owner(name), name)).parameters
        assert asked in known or (asked in KEYS_OF_A_PARAMETER and "dict_param" in known)
    elif ": 返回 " in row:
        check_answer(name, row.partition(": 返回 ")[2], answers[name])
    elif row.startswith("callback "):
        assert callable(getattr(callbacks.XtQuantTraderCallback, row.removeprefix("callback ")))
    else:
        assert row.startswith("quick start example")  # test_xtquant_quick_start.py


def test_every_row_is_met_or_listed(answers: dict[str, Any]) -> None:
    """Protects the whole surface: each of the 606 rows of the source document holds, or stands in UNMET."""
    failed = {}
    for row, name in placed():
        try:
            holds(row, name, answers)
        except (AssertionError, KeyError, AttributeError, TypeError) as problem:
            failed[row] = f"{name}: {problem!r}"
    assert len(ROWS) == 606
    assert failed.keys() == UNMET.keys(), failed
    assert len(UNMET) <= 15


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CREDIT_FIN_BUY", 27), ("FUTURE_CLOSE_SHORT_HISTORY_TODAY_THEN_OPEN_LONG", 13), ("STOCK_OPTION_BUY_OPEN", 48),
        ("ETF_PURCHASE", 134), ("LATEST_PRICE", 5), ("FIX_PRICE", 11), ("MARKET_SH_CONVERT_5_CANCEL", 42),
        ("MARKET_SZ_FULL_OR_CANCEL", 48), ("MARKET_ENUM_BEIJING", 70), ("HUGANGTONG_ACCOUNT", 7), ("AT_OTC", 15005),
        ("MARKET_SHANGHAI_FUTURE", "SF"),
    ],
)  # fmt: skip
def test_values_that_the_document_does_not_give(name: str, value: object) -> None:
    """Protects the numbers that scripts write instead of names."""
    assert getattr(xtconstant, name) == value


def test_an_account_is_refused_as_by_the_real_class() -> None:
    """Protects two oddities that scripts meet: a number gives a text back, an unknown kind a plain exception."""
    assert xttype.StockAccount("1", "credit").account_type == xtconstant.CREDIT_ACCOUNT
    assert isinstance(xttype.StockAccount(1000000365), str)
    with pytest.raises(Exception, match="不支持"):
        xttype.StockAccount("1", "NOTHING")


def test_signatures_have_the_order_of_the_document() -> None:
    """Protects positional calls: five to eight arguments are passed by position in public scripts."""
    names = list(inspect.signature(trader.XtQuantTrader.order_stock).parameters)
    assert names == [
        "self", "account", "stock_code", "order_type", "order_volume", "price_type", "price", "strategy_name",
        "order_remark",
    ]  # fmt: skip
    assert list(inspect.signature(trader.XtQuantTrader.__init__).parameters)[1:4] == ["path", "session", "callback"]
