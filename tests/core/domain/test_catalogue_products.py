import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leora_core.domain.catalogue.products import (
    AddProduct,
    AddSku,
    AddSupplier,
    ArchiveProduct,
    EditProduct,
    EditSku,
    EditSupplier,
    RestoreProduct,
)
from leora_core.domain.catalogue.records import Product, Sku, Supplier
from leora_core.domain.command import Actor, Command, Context, Outcome, Rejected, execute
from leora_core.domain.edits import Conflict, FieldChange, FieldEdit
from tests.fakes import InMemoryRecords


def uid(n: int) -> str:
    return str(uuid.UUID(int=n))


def context(role: str = "admin", *, authority: bool = True) -> Context:
    return Context(
        command_id=str(uuid.uuid4()),
        actor=Actor(user_id=uid(1), roles=frozenset({role})),
        at=datetime(2026, 11, 22, 10, tzinfo=UTC),
        zone=ZoneInfo("America/New_York"),
        authority=authority,
    )


@pytest.fixture
def records() -> InMemoryRecords:
    return InMemoryRecords(
        Supplier(id=uid(10), name="Villa Rossa", external_id="S1"),
        Product(id=uid(20), name="Chianti", supplier_id=uid(10), external_id="P1"),
        Sku(id=uid(30), product_id=uid(20), code="CHI-750"),
    )


def refused(command: Command, records: InMemoryRecords, where: Context | None = None) -> Rejected:
    with pytest.raises(Rejected) as refusal:
        execute(command, records, where or context())
    return refusal.value


EVERY_COMMAND: list[Command] = [
    AddSupplier(supplier_id=uid(11), name="New"),
    EditSupplier(supplier_id=uid(99), fields={}),
    AddProduct(product_id=uid(21), name="New"),
    EditProduct(product_id=uid(99), fields={}),
    ArchiveProduct(product_id=uid(99)),
    RestoreProduct(product_id=uid(99)),
    AddSku(sku_id=uid(31), product_id=uid(99), code="NEW"),
    EditSku(sku_id=uid(99), fields={}),
]


@pytest.mark.parametrize("role", ["rep", "manager", "warehouse"])
@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda command: type(command).__name__)
def test_only_administrators_touch_the_catalogue(command: Command, role: str, records: InMemoryRecords) -> None:
    before = dict(records.rows)
    assert refused(command, records, context(role)).code == "not_allowed"
    assert records.rows == before


def test_a_supplier_is_added_with_a_trimmed_name(records: InMemoryRecords) -> None:
    execute(AddSupplier(supplier_id=uid(11), name=" Bodega Azul "), records, context())
    assert records.need(Supplier, uid(11)) == Supplier(id=uid(11), name="Bodega Azul")


def test_supplier_names_are_unique_where_it_can_be_known(records: InMemoryRecords) -> None:
    command = AddSupplier(supplier_id=uid(11), name="Villa Rossa")
    assert refused(command, records).code == "supplier_name_taken"
    execute(command, records, context(authority=False))
    assert records.get(Supplier, uid(11))


def test_an_edited_supplier_may_not_take_anothers_name(records: InMemoryRecords) -> None:
    records.add(Supplier(id=uid(11), name="Bodega Azul"))
    edit = EditSupplier(supplier_id=uid(11), fields={"name": FieldEdit(was="Bodega Azul", now="Villa Rossa")})
    assert refused(edit, records).code == "supplier_name_taken"
    same = EditSupplier(supplier_id=uid(10), fields={"external_id": FieldEdit(was="S1", now="S2")})
    execute(same, records, context())
    assert records.need(Supplier, uid(10)).external_id == "S2"


def test_a_product_is_added_whole(records: InMemoryRecords) -> None:
    command = AddProduct(
        product_id=uid(21),
        name="Rioja",
        supplier_id=uid(10),
        category="Red",
        grapes=("Tempranillo", " Graciano", "Tempranillo"),
        country="Spain",
        sample_only=True,
    )
    execute(command, records, context())
    assert records.need(Product, uid(21)) == Product(
        id=uid(21),
        name="Rioja",
        supplier_id=uid(10),
        category="Red",
        grapes=("Tempranillo", "Graciano"),
        country="Spain",
        sample_only=True,
    )


def test_a_product_needs_a_name_a_known_supplier_and_an_id_of_its_own(records: InMemoryRecords) -> None:
    assert refused(AddProduct(product_id=uid(21), name="  "), records).field == "name"
    assert refused(AddProduct(product_id=uid(21), name="X", supplier_id=uid(99)), records).code == "not_found"
    assert refused(AddProduct(product_id=uid(21), name="X", external_id="P1"), records).code == "catalogue_id_taken"
    assert refused(AddProduct(product_id=uid(20), name="X"), records).code == "id_conflict"


def test_two_products_may_share_a_name(records: InMemoryRecords) -> None:
    execute(AddProduct(product_id=uid(21), name="Chianti"), records, context())
    assert records.count(Product, name="Chianti") == 2


def test_a_products_grapes_are_edited_as_one_text(records: InMemoryRecords) -> None:
    edit = {"grapes": FieldEdit(was="", now="Sangiovese, Merlot")}
    execute(EditProduct(product_id=uid(20), fields=edit), records, context())
    assert records.need(Product, uid(20)).grapes == ("Sangiovese", "Merlot")


def test_an_edit_over_someone_elses_is_kept_as_a_conflict(records: InMemoryRecords) -> None:
    edit = {"name": FieldEdit(was="Old name", now="Mine"), "brand": FieldEdit(was=None, now="Rossa")}
    outcome = execute(EditProduct(product_id=uid(20), fields=edit), records, context())
    product = records.need(Product, uid(20))
    assert (product.name, product.brand) == ("Chianti", "Rossa")
    assert outcome.result["conflicts"][0]["theirs"] == "Chianti"
    assert records.count(Conflict) == 1


def test_a_product_is_archived_and_restored_each_once(records: InMemoryRecords) -> None:
    for _ in range(2):
        execute(ArchiveProduct(product_id=uid(20)), records, context())
    assert records.need(Product, uid(20)).archived
    assert records.count(FieldChange, field="archived") == 1
    for _ in range(2):
        execute(RestoreProduct(product_id=uid(20)), records, context())
    assert not records.need(Product, uid(20)).archived
    assert refused(ArchiveProduct(product_id=uid(99)), records).code == "not_found"


def test_a_sku_reads_its_millilitres_from_its_size(records: InMemoryRecords) -> None:
    command = AddSku(
        sku_id=uid(31), product_id=uid(20), code="CHI-15", size="1.5 L", vintage=2021, bottle_barcode="0-36000-29145-2"
    )
    execute(command, records, context())
    sku = records.need(Sku, uid(31))
    assert (sku.millilitres, sku.items_per_case, sku.vintage, sku.bottle_barcode) == (1500, 12, 2021, "036000291452")


def test_given_millilitres_stand_over_the_size(records: InMemoryRecords) -> None:
    command = AddSku(sku_id=uid(31), product_id=uid(20), code="X", size="25.4 OZ", millilitres=750)
    execute(command, records, context())
    assert records.need(Sku, uid(31)).millilitres == 750


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": " "}, "code"),
        ({"abv": 101.0}, "abv"),
        ({"abv": float("nan")}, "abv"),
        ({"vintage": 20}, "vintage"),
        ({"items_per_case": 0}, "items_per_case"),
        ({"millilitres": 0}, "millilitres"),
        ({"bottle_barcode": "036000291453"}, "bottle_barcode"),
        ({"case_barcode": "12345"}, "case_barcode"),
    ],
)
def test_a_sku_is_checked_field_by_field(records: InMemoryRecords, wrong: dict[str, Any], field: str) -> None:
    fields: dict[str, Any] = {"sku_id": uid(31), "product_id": uid(20), "code": "NEW", **wrong}
    refusal = refused(AddSku(**fields), records)
    assert (refusal.code, refusal.field) == ("field_invalid", field)


def test_sku_codes_are_unique_where_it_can_be_known(records: InMemoryRecords) -> None:
    command = AddSku(sku_id=uid(31), product_id=uid(20), code="CHI-750")
    assert refused(command, records).code == "sku_code_taken"
    execute(command, records, context(authority=False))
    rename = EditSku(sku_id=uid(31), fields={"code": FieldEdit(was="CHI-750", now="CHI-31")})
    execute(rename, records, context())
    back = EditSku(sku_id=uid(31), fields={"code": FieldEdit(was="CHI-31", now="CHI-750")})
    assert refused(back, records).code == "sku_code_taken"


def test_a_sku_needs_its_product(records: InMemoryRecords) -> None:
    assert refused(AddSku(sku_id=uid(31), product_id=uid(99), code="X"), records).code == "not_found"


def test_a_sku_is_corrected_and_taken_off_sale(records: InMemoryRecords) -> None:
    edit = {
        "active": FieldEdit(was=True, now=False),
        "case_barcode": FieldEdit(was=None, now="10036000291459"),
        "abv": FieldEdit(was=None, now=13.5),
    }
    assert execute(EditSku(sku_id=uid(30), fields=edit), records, context()) == Outcome()
    sku = records.need(Sku, uid(30))
    assert (sku.active, sku.case_barcode, sku.abv) == (False, "10036000291459", 13.5)


def test_a_skus_product_cannot_be_edited(records: InMemoryRecords) -> None:
    edit = EditSku(sku_id=uid(30), fields={"product_id": FieldEdit(was=uid(20), now=uid(21))})
    assert refused(edit, records).code == "field_unknown"
