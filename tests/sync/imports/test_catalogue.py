import io

import xlsxwriter

from leora_core.domain.accounts.records import Contact
from leora_core.domain.catalogue.records import PriceList, PriceListItem, Product, Sku, SkuCost, Supplier
from leora_core.domain.samples.records import SampleMovement
from tests.sync.imports.bench import Bench, sentences, statuses

PRODUCTS = (
    "SKU,Product name,Winery,Varietal,Size,Case pack,Vintage,ABV,UPC,Unit cost\n"
    "M19,Merlot Reserve,Casa Uno,Merlot; Cabernet,750 ml,12,2019,13.5%,012345678905,$7.25\n"
    "M20,Merlot Reserve,Casa Uno,Merlot; Cabernet,750 ml,12,2020,13.5%,,$7.50\n"
    "P1,Porch Ale,Hill Brewing,,6/12 OZ,,,5,,\n"
)


def test_rows_become_skus_of_products_of_suppliers(bench: Bench) -> None:
    assert bench.take("products", PRODUCTS).ok
    assert [supplier.name for supplier in bench.rows(Supplier)] == ["Casa Uno", "Hill Brewing"]
    merlot, ale = bench.rows(Product)
    assert merlot.grapes == ("Merlot", "Cabernet")
    first, second, cans = bench.rows(Sku)
    assert first.product_id == second.product_id == merlot.id
    assert (first.vintage, first.abv, first.millilitres, first.bottle_barcode) == (2019, 13.5, 750, "012345678905")
    assert (cans.product_id, cans.millilitres, cans.items_per_case) == (ale.id, 355, 6)
    assert [cost.cost_cents for cost in bench.rows(SkuCost)] == [725, 750]
    assert statuses(bench.take("products", PRODUCTS)) == {2: "same", 3: "same", 4: "same"}


def test_two_suppliers_may_have_a_wine_of_one_name(bench: Bench) -> None:
    bench.take("products", "SKU,Name,Supplier\nA,Pinot Noir,One\nB,Pinot Noir,Two\n")
    assert len(bench.rows(Product)) == 2


def test_a_sku_given_twice_with_different_words_is_refused(bench: Bench) -> None:
    report = bench.take("products", "SKU,Name,Size\nA,Merlot,750 ml\nA,Merlot,1.5 L\n")
    assert sentences(report) == ["Row 3, column Size: this is row 2 again with another Size. Keep one of the two."]


def test_one_barcode_cannot_be_on_two_skus(bench: Bench) -> None:
    report = bench.take("products", "SKU,Name,UPC\nA,Merlot,012345678905\nB,Malbec,012345678905\n")
    assert sentences(report) == [
        'Row 3, column UPC: "012345678905" is the barcode of SKU A. Correct one of them.',
    ]


def test_a_barcode_a_spreadsheet_shortened_is_refused_with_the_remedy(bench: Bench) -> None:
    report = bench.take("products", "SKU,Name,UPC\nA,Merlot,1.23457E+11\n")
    assert sentences(report) == [
        'Row 2, column UPC: "1.23457E+11" was shortened by a spreadsheet. Format the column as text and export again.'
    ]


def test_a_workbook_imports_like_the_text_it_was_made_of(bench: Bench) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["SKU", "Product name", "UPC", "Vintage", "ABV"])
        sheet.write_row(1, 0, [1001, "Merlot", 12345678905, 2019, 13.5])
    assert bench.take("products", buffer.getvalue()).ok
    sku = bench.one(Sku)
    assert (sku.code, sku.bottle_barcode, sku.vintage) == ("1001", "012345678905", 2019)


def test_prices_go_on_lists_by_name(bench: Bench) -> None:
    bench.take("products", PRODUCTS)
    text = (
        "Price list,SKU,Price,Min qty,Rule,State,Valid from\n"
        "Frontline,M19,$14.99,,Global,,01/01/2026\n"
        "Frontline,M19,13.99,36,Global,,01/01/2026\n"
        "New Hampshire,m20,14.49,,State,NH,01/01/2026\n"
    )
    assert bench.take("prices", text).ok
    assert [(one.name, one.rule, one.rule_value) for one in bench.rows(PriceList)] == [
        ("Frontline", "global", None), ("New Hampshire", "state", "NH"),
    ]  # fmt: skip
    assert [(item.price_cents, item.min_quantity) for item in bench.rows(PriceListItem)] == [
        (1499, 1), (1399, 36), (1449, 1),
    ]  # fmt: skip
    cheaper = bench.take("prices", text.replace("13.99", "12.99"))
    assert statuses(cheaper) == {2: "same", 3: "updated", 4: "same"}


def test_prices_that_cannot_be_right_are_refused(bench: Bench) -> None:
    bench.take("products", PRODUCTS)
    report = bench.take(
        "prices",
        "Price list,SKU,Price,Min qty,Max qty,Rule\n"
        "F,M19,-1,,,\nF,X99,5,,,\nF,M19,5,12,6,\nF,M20,5,,,state\nF,P1,5,,,\nF,P1,6,,,\n",
    )
    assert sentences(report) == [
        'Row 2, column Price: "-1" is below zero. Write a price of 0 or more.',
        'Row 3, column SKU: "X99" is no SKU here. Import the products first, or correct it.',
        'Row 4, column Max qty: "6" is below the smallest quantity. Correct one of them.',
        "Row 5, column rule_value: the cell is empty. Fill it in or leave the row out.",
        "Row 7, column Price: this is row 6 again with another Price. Keep one of the two.",
    ]


def test_opening_stock_is_taken_once(bench: Bench) -> None:
    bench.take("products", PRODUCTS)
    text = "Rep e-mail,SKU,Quantity\nann@acme.example,M19,12\n"
    assert bench.take("stock", text).ok
    movement = bench.one(SampleMovement)
    assert (movement.kind, movement.quantity, movement.reason) == ("receive", 12, "opening stock")
    assert statuses(bench.take("stock", text)) == {2: "same"}
    assert sentences(bench.take("stock", text.replace("12", "18"))) == [
        'Row 2, column Quantity: "18" comes too late: this rep\'s ledger of the SKU is open. Let the rep count it.'
    ]


def test_contacts_find_their_account(bench: Bench) -> None:
    bench.take("accounts", "Account number,Name,Zip\n1,Café Anna,02116\n2,Corner,02116\n3,Corner,02118\n")
    report = bench.take(
        "contacts",
        "Name,Account number,Account name,Zip,Title,Email,Buyer\n"
        "Jo Lee,1,,,Owner,JO@anna.example,Y\nAl Ray,,corner,2118,,,\nMo Fox,,Corner,,,,\nIt Is,9,,,,,\nNo One,,,,,,\n",
        skip_bad=True,
    )
    assert sentences(report) == [
        "Row 4, column Account name: there are 2 accounts called Corner. Give the account number.",
        'Row 5, column Account number: "9" is no account here. Import the accounts first, or correct it.',
        "Row 6: no account is named. Fill in its number, external id or name.",
    ]
    jo, al = bench.rows(Contact)
    assert (jo.role, jo.email, jo.is_buyer) == ("Owner", "jo@anna.example", True)
    assert al.name == "Al Ray"
