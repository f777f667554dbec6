from zoneinfo import ZoneInfo

import pytest

from sync.imports.kinds import KINDS
from sync.imports.prepared import Prepared, Source, prepare
from sync.imports.problems import FileRefused
from sync.imports.recipe import Recipe, plain, recipe_for, recipes
from sync.imports.transforms import TRANSFORMS, newest_vintages, split_address, trade_name


def ready(kind: str, text: str, recipe: str | None = None, **constants: str) -> Prepared:
    return prepare(Source("f.csv", text.encode(), kind, recipe, constants), zone=ZoneInfo("America/New_York"))


@pytest.mark.parametrize("recipe", recipes().values(), ids=lambda recipe: recipe.name)
def test_every_recipe_names_fields_of_its_kind_and_known_steps(recipe: Recipe) -> None:
    fields = KINDS[recipe.kind].fields
    assert set(recipe.transforms) <= set(TRANSFORMS)
    named = {*recipe.columns, *recipe.constants, *recipe.values, *recipe.skip, *recipe.origins}
    assert recipe.transforms or named <= set(fields)


@pytest.mark.parametrize("kind", KINDS)
def test_no_header_means_two_fields_at_once(kind: str) -> None:
    meant: dict[str, list[str]] = {}
    for name, headers in recipe_for(kind).columns.items():
        for spelling in {plain(name), *map(plain, headers)}:
            meant.setdefault(spelling, []).append(name)
    # A lone description is the product's name; beside a name it describes.
    assert [spelling for spelling, names in meant.items() if len(names) > 1] == (
        ["description"] if kind == "products" else []
    )


def test_headers_are_found_whatever_their_case_blanks_and_underscores() -> None:
    prepared = ready("accounts", "CUSTOMER_NAME,Zip Code, e-mail \nA,02134,a@b.example\n")
    assert prepared.rows[0].values["name"] == "A"
    assert prepared.rows[0].values["postal_code"] == "02134"
    assert prepared.rows[0].values["email"] == "a@b.example"


def test_title_lines_above_the_header_are_left_out_and_told() -> None:
    prepared = ready("accounts", "Customer list,,\nPrinted today,,\n\nName,Zip,Phone\nA,02134,1\n")
    assert [row.number for row in prepared.rows] == [5]
    assert "2 rows above the header in row 4 left out." in prepared.notes


def test_a_missing_column_is_told_with_what_was_found_and_a_guess() -> None:
    with pytest.raises(FileRefused) as refused:
        ready("products", "Prodct name,SKU\nMerlot,A1\n")
    assert str(refused.value) == (
        'The column "Product name" is missing. Found: Prodct name, SKU. Perhaps "Prodct name" is meant: rename it.'
    )
    with pytest.raises(FileRefused, match="Add it, or name it in a recipe"):
        ready("products", "Product name,Weight\nMerlot,1\n")


def test_a_file_without_any_known_header_is_refused() -> None:
    with pytest.raises(FileRefused, match="No row holds column names that the recipe accounts knows"):
        ready("accounts", "foo,bar\n1,2\n")


def test_unused_columns_are_told() -> None:
    assert "Columns not used: Fax." in ready("accounts", "Name,Fax\nA,1\n").notes


def test_constants_stand_in_for_a_column_and_must_be_fields() -> None:
    prepared = ready("prices", "SKU,Price\nA1,9.99\n", price_list="Frontline")
    assert prepared.rows[0].values["price_list"] == "Frontline"
    with pytest.raises(FileRefused, match="prices have no field colour"):
        ready("prices", "SKU,Price\nA1,9.99\n", colour="red")


def test_recipes_are_found_by_name_and_kind() -> None:
    assert recipe_for("orders", "erp_export").name == "erp_export_orders"
    with pytest.raises(FileRefused, match="There is no recipe nonsense"):
        recipe_for("orders", "nonsense")
    with pytest.raises(FileRefused, match="is for products, not for orders"):
        recipe_for("orders", "xwines")


def test_cells_beyond_the_header_are_a_problem_of_their_row() -> None:
    prepared = ready("accounts", "Name,Zip\nA,02134\nSmith, Jones and Co,02134\n")
    assert [p.sentence for p in prepared.problems] == [
        "Row 3: it has more cells than the header. A comma inside a text needs quotes around the text."
    ]


def test_trade_names_are_cleaned_of_the_firms_form() -> None:
    firm = "Notch Brighton Tap Room LLC d/b/a Notch Brighton Tap Room LLC,"
    assert trade_name({"firm": firm})[0]["name"] == "Notch Brighton Tap Room"
    assert trade_name({"firm": "Gent Catering, LLC", "trade": "From Scratch"})[0]["name"] == "From Scratch"
    assert trade_name({"firm": "Con Sabor A Colombia, Inc."})[0]["name"] == "Con Sabor A Colombia"


def test_addresses_are_split() -> None:
    assert split_address({"address": "1463-1467 Dorchester Ave, Dorchester, MA  02122"}) == [
        {"street1": "1463-1467 Dorchester Ave", "city": "Dorchester", "state": "MA", "postal_code": "02122"}
    ]
    assert split_address({"address": "License #:  LB-1", "postal_code": "02118"}) == [{"postal_code": "02118"}]


def test_the_three_newest_vintages_become_skus() -> None:
    rows = newest_vintages({"external_id": "7", "vintages": "[2018, 2020, 'N.V.', 2019, 2017]"})
    assert [row["code"] for row in rows] == ["XW-7-2020", "XW-7-2019", "XW-7-2018"]
    assert newest_vintages({"external_id": "7", "vintages": "['N.V.']"})[0]["vintage"] == "NV"
