import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_core.domain.catalogue.barcodes import barcode_kind, check_digit


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("036000291452", "UPC-A"),
        ("4006381333931", "EAN-13"),
        ("10036000291459", "ITF-14"),
        ("00614141000036", "ITF-14"),
    ],
)
def test_real_codes_are_known(code: str, kind: str) -> None:
    assert barcode_kind(code) == kind


@pytest.mark.parametrize(
    "code", ["", "0", "036000291453", "4006381333930", "03600029145", "03600029145X", "٠٣٦٠٠٠٢٩١٤٥٢", "96385074"]
)
def test_other_texts_are_no_barcode(code: str) -> None:
    assert barcode_kind(code) is None


@given(st.text("0123456789", min_size=11, max_size=13), st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(body: str, place: int, shift: int) -> None:
    code = body + check_digit(body)
    assert barcode_kind(code) is not None
    place %= len(code)
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    assert barcode_kind(wrong) is None
