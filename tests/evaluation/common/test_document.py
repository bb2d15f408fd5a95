"""clips.csv is opened in spreadsheets: none of its cells is a formula, and numbers stay numbers."""

from __future__ import annotations

import csv
import io

import pytest

from specwhisper.evaluation.common.document import to_csv


def cell(value: object) -> str:
    (row,) = csv.DictReader(io.StringIO(to_csv([{"text": value}]), newline=""))
    return row["text"]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", '=HYPERLINK("http://x", "y")', "+cmd|' /C calc'!A0", "-2+3", "- Hello, he said.",
        "@SUM(A1)", "\t=1", "-", "+31 6 12345678", "-inf", "+1.2.3", "-1 ", "=1\n=2",
    ],
)  # fmt: skip
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_a_carriage_return_begins_no_row() -> None:
    assert (cell("\r=1"), cell("a\r=1")) == ("'\n=1", "a\n=1")


@pytest.mark.parametrize("value", ["-1", "+2.50", "-1e-05", "-.5", "-12%", "0.30000", "a=b", " =x", "", "'s"])
def test_numbers_and_other_texts_stay_as_they_are(value: str) -> None:
    assert cell(value) == value


def test_values_that_are_no_text_stay_as_they_are() -> None:
    assert [cell(-1.5), cell(True), cell(None)] == ["-1.5", "True", ""]
