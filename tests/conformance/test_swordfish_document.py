"""Swordfish's Account page, claim by claim: which test holds each, or why it is left out.

The page and its claims as rows stand beside this checkout; the fields of its tables stand in the package itself.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

import test_swordfish  # from the folder above
import test_swordfish_formulas
import test_tables

from qresearch.dialects.swordfish import Account
from qresearch.dialects.swordfish_formulas import BONDS, FUTURES, MARGIN, STOCKS, TABLES

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "reference"
DOCUMENT, CLAIMS = BESIDE / "source_documents" / "swordfish_account.txt", BESIDE / "account_rows.csv"

Test = Callable[..., None]
FIELDS: Test = test_swordfish_formulas.test_every_field_is_what_its_formula_says
HELD: dict[str, Test] = {
    "Account(account_type, engine)": (
        test_swordfish.test_an_account_is_that_of_a_session_or_of_the_context_of_its_strategy
    ),
    "property cash": test_swordfish.test_the_numbers_are_those_of_our_tables,
    "property trade_details (table)": FIELDS,
    "direction 1 buy open": FIELDS,
    "direction 2 sell open": FIELDS,
    "direction 3 sell close": FIELDS,
    "direction 4 buy close": test_swordfish.test_an_account_of_futures_has_its_own_fields_in_order,
    "orderStatus 4 submitted": FIELDS,
    "orderStatus 1 filled": FIELDS,
    **{
        f"orderStatus {code}": test_tables.test_trade_details_tell_each_outcome
        for code in (
            "2 cancel successful", "0 partially filled", "-1 approval rejected", "-2 cancel rejected",
            "-3 unfilled order",
        )
    },
    "outputOrderInfo / seqNum only with the engine parameter": FIELDS,
    "get_position(): table": FIELDS,
    "get_position(symbol): dict": test_swordfish.test_the_fields_are_the_documented_ones,
    "set_position(symbol, qty, order_price, last_price=None)": (
        test_swordfish.test_set_position_uses_up_cash_at_its_own_price
    ),
    "set_position only before data; error later": test_swordfish.test_set_position_is_refused_once_the_data_have_begun,
    "set_position inside initialize": test_swordfish.test_set_position_inside_initialize,
    "set_position cost occupies capital": test_swordfish.test_set_position_uses_up_cash_at_its_own_price,
    "set_last_day_position: base positions that do not occupy capital": (
        test_swordfish.test_base_positions_do_not_occupy_capital
    ),
    "qty < 0 short: not supported for stocks": test_swordfish.test_a_wrong_set_position_says_why,
    "last_price: default order_price": test_swordfish.test_a_last_price_lets_a_position_begin_with_the_data,
    "get_daily_position(symbol=None)": test_swordfish.test_the_numbers_are_those_of_our_tables,
    "get_daily_position during the day: only previous days": (
        test_swordfish.test_a_day_that_is_not_over_is_not_in_the_daily_tables
    ),
}  # fmt: skip
"""Claims that are not a field of a table, and the test that holds each."""

LEFT_OUT = {
    "JIT: symbol must be given": "nothing is compiled here, so that no call asks for a symbol",
    "qty < 0 for futures/options": "an account of contracts begins without lots: set_position says to open them by an "
                                   "order, since lots without their margin paid would be money from nowhere",
}  # fmt: skip
"""Claims that do not hold here, and why."""

_PARTS = {
    "": STOCKS, ", SSE bond": BONDS, ", bond": BONDS, ", bonds": BONDS, ", margin": MARGIN,
    ", futures/options": FUTURES,
}  # fmt: skip


def field_of(claim: str) -> tuple[str, str, str] | None:
    """Table, kind and field of a claim that names one; None for another claim."""
    found = re.fullmatch(r"(\w+)(, [\w/ ]+)?[.:] ?(\w+)", claim)
    if found is None or (found[2] or "") not in _PARTS:
        return None
    kind = FUTURES if found[3] == "maxMarginRatio" else _PARTS[found[2] or ""]
    return found[1], kind, found[3]


@pytest.mark.skipif(not CLAIMS.exists(), reason="the claims of the document are not beside this checkout")
def test_every_claim_is_held_by_a_test_or_left_out_with_a_reason() -> None:
    """Protects the list of 258: each is a field that its formula is asked of, a behaviour with a test, or left out."""
    claims = [row["claim"] for row in csv.DictReader(CLAIMS.read_text("utf-8").splitlines())]
    assert len(claims) == 258
    open_ones = []
    for claim in claims:
        field = field_of(claim)
        if field is not None and field[2] in TABLES.get(field[:2], ()):
            continue
        if claim not in HELD and claim not in LEFT_OUT:
            open_ones.append(claim)
    assert open_ones == []
    assert HELD.keys() | LEFT_OUT.keys() <= set(claims)


def test_every_field_is_asked_for_its_formula() -> None:
    """Protects what the claims stand on: the test of the formulas goes over every table, and none is without words."""
    marks = [mark.args[1] for mark in FIELDS.pytestmark if mark.name == "parametrize"]
    assert marks == [TABLES]
    assert (Account.definitions()["formula"].str.len() > 0).all()
    assert len(Account.definitions()) == sum(map(len, TABLES.values()))


def tables_of(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """The tables of the document: what returns each, what it says it is for, and its fields in order."""
    member = heading = ""
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    place = 0
    while place < len(blocks):
        block = blocks[place]
        found = re.match(r"(?:property )?(\w+)(?:\(.*\))?#$", block)
        if found:
            member = found[1]
        if block.startswith(("For ", "When ", "In Margin")) and block.endswith(":"):
            heading = block
        elif block == "Return a table with the following structure:" or found:
            heading = ""
        if block in {"Field", "Field Name"} and blocks[place + 1] == "Description":
            place += 2
            fields = []
            while place < len(blocks) and re.fullmatch(r"\w+( \|.*)?", blocks[place]):
                word, _, told = blocks[place].partition(" | ")
                fields.append(word)
                place += 1 if told else 2
            yield member, heading, fields
            continue
        place += 1


def kind_of(heading: str) -> str:
    """The kind of account that a heading of the document is of."""
    words = heading.lower()
    if "margin" in words:
        return MARGIN
    if "for assets other" in words or "stock" in words:
        return STOCKS
    return BONDS if "bond" in words else FUTURES if "futures" in words else STOCKS


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the source document is not beside this checkout")
def test_the_tables_are_those_of_the_document() -> None:
    """Protects the order: every table of the document has its fields here, in its order, and no other."""
    found = list(tables_of(DOCUMENT.read_text("utf-8")))
    assert len(found) == 16
    for member, heading, fields in found:
        ours, kind = list(TABLES[member, kind_of(heading)]), kind_of(heading)
        if member == "return_summary" and kind == MARGIN:
            assert ours[-len(fields) :] == fields
        elif member == "return_summary":
            assert [*TABLES[member, STOCKS], "maxMarginRatio"] == list(TABLES[member, FUTURES]) == fields
        else:
            assert ours == fields, (member, heading)
