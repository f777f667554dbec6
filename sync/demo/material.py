"""What the office imports: made files or given ones, and which of them come later.

The newest quarter of the orders is kept back: it is imported while the laptops are away, so that there is
much to fetch when they return.
"""

import csv
import gzip
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

from sync.demo.generator import RECIPE, VOLUMES, Size, generate
from sync.demo.telling import DemoFailed

__all__ = ["VOLUMES", "Delivery", "Material", "given", "made"]

_LATER_SHARE = 4
"""One order in so many comes later."""
_ANSWERS = 6
"""What comes later fills about so many answers of the server."""


@dataclass(frozen=True)
class Delivery:
    """One file for the import: its kind and the recipe that understands it."""

    kind: str
    file: Path
    recipe: str


@dataclass(frozen=True)
class Material:
    """The files in the order they are imported; `rows_an_answer` suits the size of what comes later."""

    first: list[Delivery]
    later: Delivery
    bad: Delivery | None
    rows_an_answer: int


def made(folder: Path, size: Size, seed: int, reps: list[str]) -> Material:
    """Files of the generator."""
    paths = generate(folder, size, seed, reps)
    early, late, rows = _split(paths["orders"], "INV_NO", folder)
    first = [Delivery(kind, path, RECIPE) for kind, path in paths.items() if kind not in ("orders", "stock")]
    # Sample stock is a plain file: its columns carry names everybody uses.
    first += [Delivery("stock", paths["stock"], "stock"), Delivery("orders", early, RECIPE)]
    bad = Delivery("accounts", folder / "accounts_bad.csv", RECIPE)
    return Material(first, Delivery("orders", late, RECIPE), bad, _rows_an_answer(rows))


def given(folder: Path, data: Path) -> Material:
    """Copies of the files in `data`. Raises DemoFailed when one is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("grocer_alcohol_products.csv", "xwines_100.csv", "boston_licences.json", "grocer_alcohol_lines.csv.gz")
    missing = [name for name in names if not (data / name).is_file()]
    if missing:
        raise DemoFailed(f"{data} lacks {', '.join(missing)}. Leave --data out to run on made files.")
    products, wines, licences, lines = (Path(shutil.copy(data / name, folder / name)) for name in names)
    early, late, rows = _split(lines, "basket_id", folder)
    first = [
        Delivery("products", products, "grocer_products"),
        Delivery("products", wines, "xwines"),
        Delivery("accounts", licences, "boston_licences"),
        Delivery("accounts", lines, "grocer_stores"),
        Delivery("orders", early, "grocer_orders"),
    ]
    return Material(first, Delivery("orders", late, "grocer_orders"), None, _rows_an_answer(rows))


def _rows_an_answer(rows: int) -> int:
    return max(rows // _ANSWERS, 50)


def _split(file: Path, order_column: str, folder: Path) -> tuple[Path, Path, int]:
    """The file's older and newer orders as two files, each with its head; and the newer one's rows and orders."""
    raw = file.read_bytes()
    text = (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    head = next((index for index, row in enumerate(rows) if order_column in row), None)
    if head is None:
        raise DemoFailed(f"{file} has no column {order_column}. It is not a file of order lines.")
    place = rows[head].index(order_column)
    orders = list(dict.fromkeys(row[place] for row in rows[head + 1 :] if len(row) > place))
    newer = set(orders[len(orders) - len(orders) // _LATER_SHARE :])
    parts: dict[bool, list[list[str]]] = {False: [], True: []}
    for row in rows[head + 1 :]:
        if len(row) > place:
            parts[row[place] in newer].append(row)
    early, late = folder / "orders_until_last_season.csv", folder / "orders_newest.csv"
    for path, is_newer in ((early, False), (late, True)):
        with path.open("w", encoding="utf-8", newline="") as sink:
            csv.writer(sink).writerows([*rows[: head + 1], *parts[is_newer]])
    return early, late, len(parts[True]) + len(newer)
