from datetime import date

import pytest

from leora_core.domain import fields
from leora_core.domain.command import Rejected


def test_text_is_trimmed_and_empty_text_is_nothing() -> None:
    assert fields.text()("  oak \n") == "oak"
    assert fields.text()("   ") is None
    assert fields.text()(None) is None


@pytest.mark.parametrize("value", [7, True, "a\0b", "x" * 201])
def test_text_refuses_what_is_no_text_or_too_long(value: str | int) -> None:
    with pytest.raises(ValueError):
        fields.text()(value)


def test_required_text_may_not_be_empty() -> None:
    with pytest.raises(ValueError, match="empty"):
        fields.required_text()(" ")


def test_an_email_has_one_at_sign_and_no_blanks() -> None:
    assert fields.email()("Buyer@example.com") == "Buyer@example.com"
    assert fields.email()("") is None
    for wrong in ("buyer", "a@b@c", "a b@c"):
        with pytest.raises(ValueError):
            fields.email()(wrong)


def test_a_whole_number_keeps_its_bounds_and_true_is_no_number() -> None:
    assert fields.whole(0, 10)(10) == 10
    assert fields.whole(0, 10)(None) is None
    for wrong in (11, -1, True, 1.0, "3"):
        with pytest.raises(ValueError):
            fields.whole(0, 10)(wrong)
    with pytest.raises(ValueError):
        fields.whole(required=True)(None)


def test_a_decimal_takes_whole_numbers_and_refuses_what_is_not_finite() -> None:
    assert fields.decimal(-90, 90)(45) == 45.0
    assert fields.decimal(-90, 90)(None) is None
    for wrong in (float("nan"), float("inf"), 90.1, "1", True):
        with pytest.raises(ValueError):
            fields.decimal(-90, 90)(wrong)


def test_a_flag_is_true_or_false_and_nothing_else() -> None:
    assert fields.flag(True) is True
    for wrong in (1, 0, None, "true"):
        with pytest.raises(ValueError):
            fields.flag(wrong)


def test_a_day_is_written_in_one_way() -> None:
    assert fields.day("2026-11-22") == date(2026, 11, 22)
    assert fields.day(None) is None
    for wrong in ("20261122", "2026-W47-7", "22.11.2026", "2026-02-30", 20261122):
        with pytest.raises(ValueError):
            fields.day(wrong)


def test_a_choice_is_one_of_its_words() -> None:
    assert fields.choice("high", "low")("low") == "low"
    assert fields.choice("high", "low")(None) is None
    with pytest.raises(ValueError, match="high, low"):
        fields.choice("high", "low")("HIGH")
    with pytest.raises(ValueError):
        fields.choice("high", required=True)(None)


def test_several_words_come_in_their_usual_order() -> None:
    parse = fields.some_of("mon", "tue", "wed")
    assert parse("wed, mon,wed") == ("mon", "wed")
    assert parse(None) == ()
    for wrong in ("mon,noday", 3):
        with pytest.raises(ValueError):
            parse(wrong)


def test_a_refused_value_names_its_field() -> None:
    with pytest.raises(Rejected) as refusal:
        fields.parsed("phone", fields.text(3), "1234")
    assert (refusal.value.code, refusal.value.field) == ("field_invalid", "phone")
    assert "longer than 3 characters" in refusal.value.sentence
