"""Barcodes on bottles and cases: UPC-A (12 digits), EAN-13 and ITF-14, each with its check digit."""

BARCODE_LENGTHS = {12: "UPC-A", 13: "EAN-13", 14: "ITF-14"}


def check_digit(body: str) -> str:
    """The digit that completes `body`: weights 3 and 1 from the right, to the next ten (GS1 General Specifications)."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-weighted % 10)


def barcode_kind(text: str) -> str | None:
    """`UPC-A`, `EAN-13` or `ITF-14`; None when the length, a character or the check digit is wrong."""
    if not (text.isascii() and text.isdigit()) or check_digit(text[:-1]) != text[-1]:
        return None
    return BARCODE_LENGTHS.get(len(text))
