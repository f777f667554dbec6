import pytest

from leora_core.domain.catalogue.sizes import PackSize, parse_size


@pytest.mark.parametrize(
    ("text", "millilitres"),
    [
        ("750 ml", 750),
        ("750 ML", 750),
        ("750ml", 750),
        ("750    ML", 750),
        ("750 ML.", 750),
        ("750 MLL", 750),
        ("L    750 ML", 750),
        ("1.5L", 1500),
        ("1.5 L", 1500),
        ("1,5 L", 1500),
        ("0,75 l", 750),
        (".5 L", 500),
        ("1.0 L", 1000),
        ("1,000 ML", 1000),
        ("L", 1000),
        ("Liter", 1000),
        ("4.75 LS", 4750),
        ("CB - 5 L", 5000),
        ("5 L BOX", 5000),
        ("75 cl", 750),
        ("50ml", 50),
        ("12 OZ", 355),
        ("12   OZ", 355),
        ("12_OZ", 355),
        ("12 FL OZ", 355),
        ("12 fl. oz.", 355),
        ("12 OZ LN BT", 355),
        ("33.8 OZ", 1000),
        ("16.9 OZ", 500),
        ("24 OZ/CAN", 710),
        ("1/2 GAL", 1893),
        ("3/4 L", 750),
        ("1/2 BBL", 58674),
        ("50L KEG", 50000),
        ("750 ml 14%", 750),
        ("750ML 2019", 750),
        ("750", 750),
        ("0.75", 750),
        ("1.75", 1750),
    ],
)
def test_one_bottle_is_read(text: str, millilitres: int) -> None:
    assert parse_size(text) == PackSize(millilitres, None)


@pytest.mark.parametrize(
    ("text", "millilitres", "items"),
    [
        ("6/12 OZ", 355, 6),
        ("6/12 OZ BTL", 355, 6),
        ("6 PK/12 OZ", 355, 6),
        ("6 PK/ 12 OZ", 355, 6),
        ("6 PK  12 OZ", 355, 6),
        ("6 P/11.2 OZ", 331, 6),
        ("6-12 OZ", 355, 6),
        ("12 OZ/4 PK", 355, 4),
        ("12 OZ 6 PK", 355, 6),
        ("16OZ4PK", 473, 4),
        ("4/750ml", 750, 4),
        ("4/187 ML", 187, 4),
        ("187 ML/4 PK", 187, 4),
        ("6/ 200 ML", 200, 6),
        ("12 x 75cl", 750, 12),
        ("12×750 mL", 750, 12),
        ("12 btl x 750ml", 750, 12),
        ("750ml 12-pack", 750, 12),
        ("1.0L/6", 1000, 6),
        ("4/6/12 OZ", 355, 24),
        ("12 OZ-4/6 PK", 355, 24),
        ("6/750", 750, 6),
        ("12 PK/11.2", 331, 12),
        ("18 PK/12", 355, 18),
        ("24/12", 355, 24),
    ],
)
def test_a_pack_is_read_in_either_order(text: str, millilitres: int, items: int) -> None:
    assert parse_size(text) == PackSize(millilitres, items)


@pytest.mark.parametrize(("text", "items"), [("6 PK", 6), ("6 PK BTL", 6), ("24 PK", 24), ("6 CANS", 6)])
def test_a_pack_without_a_size_keeps_its_count(text: str, items: int) -> None:
    assert parse_size(text) == PackSize(None, items)


@pytest.mark.parametrize(
    ("text", "millilitres"),
    [("1.75 ML", 1750), ("1.5 ML", 1500), ("4/.187 ML", 187), ("75 O ML", 750), ("175 ML", 175)],
)
def test_slips_of_the_till_are_put_right(text: str, millilitres: int) -> None:
    assert parse_size(text).millilitres == millilitres


@pytest.mark.parametrize("text", [None, "", "  ", "ALE", "12", "Magnum", "case of 12", "0 ML", "9999999 L", "GAL"])
def test_what_cannot_be_told_is_none(text: str | None) -> None:
    assert parse_size(text) == PackSize(None, None)
