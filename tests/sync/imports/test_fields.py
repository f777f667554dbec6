from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.imports.dates import Day
from sync.imports.fields import Barcode, Code, Column, Email, Hints, PostalCode, State, Text, Vintage, Words, YesNo
from sync.imports.numbers import Exact, Money, Percent, Positive, Price, Whole
from sync.imports.problems import CellError


def column(kind: type[Column], *cells: str, **hints: Any) -> Column:
    return kind(cells, Hints(zone=ZoneInfo("America/New_York"), **hints))


def read(kind: type[Column], text: str, *others: str, **hints: Any) -> Any:
    return column(kind, text, *others, **hints).read(text)


def refusal(kind: type[Column], text: str, *others: str, **hints: Any) -> str:
    with pytest.raises(CellError) as caught:
        read(kind, text, *others, **hints)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("14.99", 1499), ("$1,234.50", 123450), ("(12.00)", -1200), ("1.234,50", 123450), ("12,50", 1250),
        ("1,234", 123400), ("-3", -300), ("3.50-", -350), ("$ 7", 700), ("1'234.50", 123450), ("1 234,50", 123450),
        ("1.005", 101), (".5", 50), ("1,234,567.89", 123456789), ("USD 5.00", 500),
    ],
)  # fmt: skip
def test_money_is_read_to_the_cent(text: str, cents: int) -> None:
    assert read(Money, text) == cents


def test_the_whole_column_tells_what_the_comma_means() -> None:
    assert read(Money, "1.234", "12,50") == 123400
    assert read(Money, "1.234", "12.50") == 123
    assert read(Money, "1,234", "12.50") == 123400
    assert read(Money, "1.234", decimal_comma=True) == 123400
    assert column(Money, "12,50", "3,10").notes("Price") == [
        "Column Price: the comma was read as the decimal mark (2 different values)."
    ]


def test_a_column_that_mixes_both_marks_refuses_what_could_be_either() -> None:
    mixed = ("12,50", "12.50")
    assert read(Money, "1.234,50", *mixed) == read(Money, "1,234.50", *mixed) == 123450
    assert "mixes both ways" in refusal(Money, "1,234", *mixed)


@pytest.mark.parametrize("text", ["abc", "1,23,4", "12.50.1", "--3", "$", "1/2"])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert "is not a number. Write digits only" in refusal(Money, text)


def test_amounts_of_another_currency_are_refused() -> None:
    assert "in EUR, but amounts here are in USD" in refusal(Money, "€12.00")
    assert read(Money, "€12.00", currency="EUR") == 1200


def test_rounded_cents_are_told() -> None:
    prices = column(Money, "13.3333")
    assert prices.read("13.3333") == 1333
    assert prices.notes("Price") == ["Column Price: more than two decimals were rounded to cents (1 value)."]


def test_prices_are_not_negative() -> None:
    assert "below zero" in refusal(Price, "-1.00")


@pytest.mark.parametrize(("text", "number"), [("1,200", 1200), ("12.0", 12), ("(5)", -5), ("7-", -7), ("1 200", 1200)])
def test_whole_numbers(text: str, number: int) -> None:
    assert read(Whole, text) == number


def test_european_thousands_need_a_recipe_or_the_columns_word() -> None:
    assert "is not a whole number" in refusal(Whole, "1.205")
    assert "decimal_comma" in refusal(Whole, "1.205")
    assert read(Whole, "1.205", decimal_comma=True) == 1205
    assert "too small" in refusal(Positive, "0")
    assert read(Exact, "1.5") == Decimal("1.5")


@pytest.mark.parametrize(("text", "percent"), [("13.5", 13.5), ("13,5%", 13.5), ("0.135", 13.5), ("40", 40.0)])
def test_percentages(text: str, percent: float) -> None:
    assert read(Percent, text) == percent


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-01-05", date(2024, 1, 5)), ("2024/1/5", date(2024, 1, 5)), ("20240105", date(2024, 1, 5)),
        ("01/25/2024", date(2024, 1, 25)), ("25/01/2024", date(2024, 1, 25)), ("1/25/24", date(2024, 1, 25)),
        ("5.1.2024", date(2024, 1, 5)), ("05-Jan-24", date(2024, 1, 5)), ("5 January 2024", date(2024, 1, 5)),
        ("Jan 5, 2024", date(2024, 1, 5)), ("45291", date(2023, 12, 31)), ("45291.0", date(2023, 12, 31)),
        ("2017-01-01 15:54:44", date(2017, 1, 1)), ("01/25/2024 3:15 PM", date(2024, 1, 25)),
        ("12/31/99", date(1999, 12, 31)), ("2024-01-05T02:00:00Z", date(2024, 1, 4)),
    ],
)  # fmt: skip
def test_dates_in_every_usual_form(text: str, day: date) -> None:
    assert read(Day, text) == day


def test_one_day_above_twelve_tells_the_order_of_the_whole_column() -> None:
    assert read(Day, "03/04/2024", "25/12/2024") == date(2024, 4, 3)
    assert read(Day, "03/04/2024", "12/25/2024") == date(2024, 3, 4)


def test_truly_ambiguous_dates_are_american_unless_the_recipe_says_otherwise_and_it_is_told() -> None:
    days = column(Day, "03/04/2024")
    assert days.read("03/04/2024") == date(2024, 3, 4)
    assert "read as month/day/year, the American order" in days.notes("Date")[0]
    assert read(Day, "03/04/2024", date_order="dmy") == date(2024, 4, 3)
    assert column(Day, "03/03/2024").notes("Date") == []


def test_a_column_that_mixes_both_orders_refuses_what_could_be_either() -> None:
    mixed = ("25/12/2024", "12/25/2024")
    assert read(Day, "12/25/2024", *mixed) == read(Day, "25/12/2024", *mixed) == date(2024, 12, 25)
    assert "mixes day/month and month/day" in refusal(Day, "03/04/2024", *mixed)


@pytest.mark.parametrize("text", ["30-Feb-24", "02/30/2024", "soon", "13/13/2024", "99999", "2024-13-01"])
def test_what_is_no_date_is_refused(text: str) -> None:
    assert "Write it as 2024-03-31." in refusal(Day, text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("02134", "02134"), ("2134", "02134"), ("2134.0", "02134"), ("501", "00501"), ("02134-1234", "02134-1234"),
     ("021341234", "02134-1234"), ("21341234", "02134-1234"), ("k1a0b1", "K1A 0B1")],
)  # fmt: skip
def test_zip_codes_get_their_zeros_back(text: str, code: str) -> None:
    assert read(PostalCode, text) == code


def test_zip_codes_beyond_mending_are_refused_and_mended_ones_told() -> None:
    assert "is not a ZIP code" in refusal(PostalCode, "21")
    assert "is not a ZIP code" in refusal(PostalCode, "0213A")
    codes = column(PostalCode, "2134")
    codes.read("2134")
    assert codes.notes("Zip") == ["Column Zip: a leading zero lost in a spreadsheet was put back (1 value)."]


def test_barcodes_have_a_right_check_digit_and_keep_or_regain_their_zeros() -> None:
    assert read(Barcode, "012345678905") == "012345678905"
    assert read(Barcode, "12345678905") == "012345678905"
    assert read(Barcode, "12345678905.0") == "012345678905"
    assert "wrong check digit" in refusal(Barcode, "012345678906")
    assert "12, 13 or 14 digits" in refusal(Barcode, "12345")


@pytest.mark.parametrize("kind", [Barcode, Code])
def test_numbers_a_spreadsheet_shortened_are_an_error_with_the_remedy(kind: type[Column]) -> None:
    assert refusal(kind, "1.23457E+11") == "was shortened by a spreadsheet. Format the column as text and export again."


def test_codes_keep_zeros_and_lose_a_workbooks_decimals() -> None:
    assert read(Code, "000123") == "000123"
    assert read(Code, "1001.0") == "1001"


def test_texts_are_tidied_and_never_garbled() -> None:
    assert read(Text, "  A \t B  ") == "A B"
    assert "bytes that are no letters" in refusal(Text, "Br\ufffdl")
    assert "bytes that are no letters" in refusal(Text, "A\0B")
    assert "longer than 200" in refusal(Text, "x" * 201)


@pytest.mark.parametrize(("text", "flag"), [("Yes", True), ("x", True), ("0", False), ("N", False), ("TRUE", True)])
def test_yes_and_no(text: str, flag: bool) -> None:
    assert read(YesNo, text) is flag


def test_small_kinds_of_cells() -> None:
    assert "neither yes nor no" in refusal(YesNo, "maybe")
    assert read(Email, "Ann@Example.COM") == "ann@example.com"
    assert "not one e-mail address" in refusal(Email, "a@b.example, c@d.example")
    assert read(State, "Massachusetts") == read(State, "ma") == read(State, "M.A.".replace(".", "")) == "MA"
    assert "is not a state" in refusal(State, "ZZ")
    assert read(Vintage, "2019.0") == 2019
    assert read(Vintage, "N.V.") is None
    assert "is not a year" in refusal(Vintage, "219")
    assert read(Words, "['Syrah/Shiraz', 'Merlot']") == ("Syrah/Shiraz", "Merlot")
    assert read(Words, "Merlot; Malbec, Merlot") == ("Merlot", "Malbec")
