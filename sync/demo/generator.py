"""Sample files as a distributor's ERP would export them: untidy, yet importable with the recipe `erp_export`.

Each file has habits of its own: code page, delimiter, form of dates and amounts, title lines, blanks.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Literal

from sync.demo.cellar import Item, stock_cellar
from sync.demo.trade import Customer, Sale, open_accounts, trade

Size = Literal["small", "full"]
RECIPE = "erp_export"
"""The recipe that understands these files, whatever their kind."""
_EXCEL_DAY_0 = date(1899, 12, 30)


@dataclass(frozen=True)
class Volume:
    """How much of everything."""

    accounts: int
    buying: int
    skus: int
    orders: int
    lines: int
    price_lists: int


VOLUMES: dict[Size, Volume] = {
    "small": Volume(accounts=250, buying=160, skus=400, orders=1_500, lines=6_000, price_lists=4),
    "full": Volume(accounts=4_900, buying=1_265, skus=2_600, orders=34_500, lines=137_000, price_lists=6),
}
_LISTS = (
    ("Frontline", 1, "Everyone", "", 1.0, 1.0),
    ("Three cases and up", 36, "Everyone", "", 0.94, 0.3),
    ("New Hampshire", 1, "State", "NH", 0.97, 0.2),
    ("Military", 1, "Federal property", "", 0.92, 0.1),
    ("Rhode Island", 1, "State", "RI", 0.98, 0.2),
    ("Ten cases and up", 120, "Everyone", "", 0.9, 0.15),
)
"""Name, smallest quantity, whom it is for, state, factor on the front-line price, share of SKUs."""


def generate(folder: Path, size: Size, seed: int, reps: list[str], *, today: date | None = None) -> dict[str, Path]:
    """Write the files into `folder` and return them by kind, in the order they are to be imported.

    The same size, seed, reps and day give the same files. `accounts_bad.csv` is written beside them: a few
    rows that are wrong, to show what is said about them. `reps` are e-mail addresses of active reps.
    """
    today = today or datetime.now(UTC).date()
    random = Random(f"{size}-{seed}")
    volume = VOLUMES[size]
    items = stock_cellar(random, volume.skus)
    customers = open_accounts(random, volume.accounts, reps, today)
    sales = trade(random, customers, items, buying=volume.buying, orders=volume.orders, lines=volume.lines, today=today)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / f"{kind}.csv" for kind in ("accounts", "contacts", "products", "prices", "stock", "orders")}
    _write_accounts(paths["accounts"], random, customers, today)
    _write_contacts(paths["contacts"], random, customers)
    _write_products(paths["products"], random, items)
    _write_prices(paths["prices"], random, items, volume.price_lists, today)
    _write_stock(paths["stock"], random, items, reps)
    _write_orders(paths["orders"], sales)
    _write_bad_accounts(folder / "accounts_bad.csv")
    return paths


_ACCOUNT_COLUMNS = [
    "CUST_NO", "CUSTNAME", "ADDR_1", "ADDR_2", "CITY", "ST", "ZIP_CD", "PHONE_NO", "FAX_NO", "EMAIL_ADDR", "TERR",
    "PREM_TYPE", "TERMS_CD", "LIC_NO", "LIC_EXP_DT", "OPEN_DT", "QTR_TARGET", "SLSMN_EMAIL",
]  # fmt: skip


def _write_accounts(path: Path, random: Random, customers: list[Customer], today: date) -> None:
    """Windows-1252, semicolons, a title, names in capitals, ZIP codes that lost their zero, `05-Jan-24`."""
    rows: list[list[str]] = [
        ["CUSTOMER MASTER LIST"],
        [f"PRINTED {today:%m/%d/%Y}   PAGE 1 OF 1"],
        [],
        _ACCOUNT_COLUMNS,
    ]
    rows += [_account_row(random, customer) for customer in customers]
    _write(path, rows, delimiter=";", encoding="cp1252")


def _account_row(random: Random, customer: Customer) -> list[str]:
    town = customer.town
    name = customer.name.upper() if random.random() < 0.7 else customer.name
    target = random.randrange(10, 90) * 250
    return [
        customer.number,
        name + " " * random.choice([0, 0, 0, 3]),
        customer.street,
        f"Suite {random.randrange(1, 40)}" if random.random() < 0.05 else "",
        town.name.upper(),
        town.state,
        town.postal_code.lstrip("0") if random.random() < 0.3 else town.postal_code,
        customer.phone,
        "",
        customer.email,
        town.territory,
        "R" if customer.on_premise else "S",
        customer.terms,
        customer.licence,
        f"{customer.licence_expires:%d-%b-%y}" if customer.licence else "",
        f"{customer.opened:%m/%d/%Y}",
        f"${target:,}.00" if random.random() < 0.25 else "",
        customer.rep,
    ]


def _write_contacts(path: Path, random: Random, customers: list[Customer]) -> None:
    """UTF-8 with a mark, commas, telephone numbers in three forms."""
    rows = [["CUST_NO", "CONTACT_NM", "TITLE", "PHONE_NO", "CELL_NO", "EMAIL_ADDR", "BUYER_FL"]]
    for customer in customers:
        if random.random() < 0.8:
            cell = f"617.555.{random.randrange(100, 200):04d}" if random.random() < 0.4 else ""
            buys = "Y" if customer.role in ("Owner", "Buyer", "Beverage Director") else "N"
            rows.append([customer.number, customer.contact, customer.role, customer.phone, cell, "", buys])
    _write(path, rows, encoding="utf-8-sig")


def _write_products(path: Path, random: Random, items: list[Item]) -> None:
    """UTF-8, tabs, barcodes of which a spreadsheet took the zero, blanks behind names."""
    rows = [
        ["ITEM_NO", "ITEM_DESC", "VEND_NM", "CLASS", "VARIETAL", "ORIGIN", "APPELLATION", "SIZE", "PACK", "VINT",
         "ALC_PCT", "UPC_BTL", "UPC_CASE", "ACTIVE_FL", "UNIT_COST", "BIN_LOC"]
    ]  # fmt: skip
    for item in items:
        barcode = item.bottle_barcode.lstrip("0") if random.random() < 0.1 else item.bottle_barcode
        blank = " " if random.random() < 0.1 else ""
        rows.append(
            [item.code, item.name + blank, item.supplier, item.category, item.grapes, item.country, item.region,
             item.size, str(item.pack), item.vintage, f"{item.abv}%" if item.abv else "", barcode, item.case_barcode,
             "Y" if random.random() < 0.9 else "N", f"{item.cost_cents / 100:.2f}", ""]
        )  # fmt: skip
    _write(path, rows, delimiter="\t")


def _write_prices(path: Path, random: Random, items: list[Item], lists: int, today: date) -> None:
    """Bars between cells, dollar signs, days as a workbook's serial numbers."""
    start = (date(today.year, 1, 1) - _EXCEL_DAY_0).days
    rows = [["PRICE_LEVEL", "ITEM_NO", "QTY_FROM", "BTL_PRICE", "APPLIES_TO", "STATE", "EFF_DT"]]
    for name, least, whom, state, factor, share in _LISTS[:lists]:
        for item in items:
            if random.random() < share:
                price = round(item.price_cents * factor)
                rows.append([name, item.code, str(least), f"${price / 100:,.2f}", whom, state, f"{start}.0"])
    _write(path, rows, delimiter="|")


def _write_stock(path: Path, random: Random, items: list[Item], reps: list[str]) -> None:
    """Sample bottles in the reps' hands, under plain column names."""
    rows = [["Rep e-mail", "SKU", "Quantity"]]
    rows += [[rep, item.code, str(random.choice([3, 6, 12]))] for rep in reps for item in random.sample(items, 20)]
    _write(path, rows)


def _write_orders(path: Path, sales: list[Sale]) -> None:
    """A sales report: one row for each line, American dates, thousands with commas, a title."""
    rows: list[list[str]] = [
        ["SALES REPORT BY INVOICE"],
        ["INV_NO", "CUST_NO", "ORD_DT", "DELV_DT", "STAT", "SLSMN_EMAIL", "ITEM_NO", "QTY_BTL", "BTL_PRICE", "EXT_AMT",
         "SAMPLE_FL", "COMMENT"],
    ]  # fmt: skip
    for number, sale in enumerate(sales, start=500_001):
        delivered = f"{sale.delivered:%m/%d/%Y}" if sale.delivered else ""
        head = [
            f"IN{number}",
            sale.customer.number,
            f"{sale.ordered:%m/%d/%Y}",
            delivered,
            sale.status,
            sale.customer.rep,
        ]
        for line in sale.lines:
            price = 0 if line.is_sample else line.item.price_cents
            amount = f"{price * line.quantity / 100:,.2f}"
            flag = "Y" if line.is_sample else ""
            rows.append([*head, line.item.code, f"{line.quantity:,}", f"{price / 100:.2f}", amount, flag, ""])
    _write(path, rows)


_BAD = (
    ("90001", "Short Zip Tavern", "MA", "21", "ok@tavern.example", "1", "12-Mar-27", ""),
    ("90002", "", "MA", "02139", "", "30", "", ""),
    ("90003", "No Such State Grill", "ZZ", "02139", "", "30", "", ""),
    ("90004", "Two Mails Bistro", "MA", "02139", "a@bistro.example, b@bistro.example", "30", "", ""),
    ("90005", "Thirtieth of February Inn", "MA", "02139", "", "30", "30-Feb-27", ""),
    ("90006", "Unknown Rep Wines", "MA", "02139", "", "30", "", "nobody@leora.example"),
    ("90007", "Twice Listed Liquors", "MA", "02139", "", "30", "", ""),
    ("90007", "Twice Listed Spirits", "MA", "02139", "", "30", "", ""),
    ("9.00E+05", "Shortened Number Pub", "MA", "02139", "", "30", "", ""),
    ("90010", "The One Good Row", "MA", "02139", "good@row.example", "1", "12-Mar-27", ""),
)


def _write_bad_accounts(path: Path) -> None:
    columns = ["CUST_NO", "CUSTNAME", "ST", "ZIP_CD", "EMAIL_ADDR", "TERMS_CD", "LIC_EXP_DT", "SLSMN_EMAIL"]
    _write(path, [columns, *_BAD])


def _write(path: Path, rows: Iterable[Iterable[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
