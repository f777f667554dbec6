"""Suppliers, products and SKUs: added, corrected, archived. Administrators only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from leora_core.domain import fields
from leora_core.domain.catalogue.barcodes import barcode_kind
from leora_core.domain.catalogue.entry import admin_only, need_free, typed
from leora_core.domain.catalogue.records import Product, Sku, Supplier
from leora_core.domain.catalogue.sizes import parse_size
from leora_core.domain.command import Command, Context, Outcome, Records, handles
from leora_core.domain.edits import FieldEdit, apply_edits, editable, set_fields
from leora_core.domain.permissions import require_admin
from leora_core.domain.reasons import declare
from leora_core.domain.values import Between, Id, LongText, Name, Scalar, ShortText

declare(
    {
        "supplier_name_taken": "There is a supplier called {value} already. Use that one, or choose another name.",
        "catalogue_id_taken": "Something else has the outside id {value} already. Check the id.",
        "sku_code_taken": "The code {value} belongs to another SKU. Choose another code.",
    }
)


def words(value: Scalar) -> tuple[str, ...]:
    """Any words in the order given, each once; on the wire one text, `Merlot,Malbec`. Raises ValueError."""
    text: str | None = fields.text(2_000)(value)
    return tuple(dict.fromkeys(word for part in (text or "").split(",") if (word := part.strip())))


def barcode(value: Scalar) -> str | None:
    """A UPC-A, EAN-13 or ITF-14 number; blanks and hyphens are dropped. Raises ValueError."""
    text: str | None = fields.text()(value)
    if text is None:
        return None
    digits = text.replace(" ", "").replace("-", "")
    if barcode_kind(digits) is None:
        raise ValueError("it must be a UPC-A, EAN-13 or ITF-14 number with its right check digit")
    return digits


SUPPLIER_FIELDS: dict[str, fields.Parse] = {"name": fields.required_text(), "external_id": fields.text()}
PRODUCT_FIELDS: dict[str, fields.Parse] = {
    "name": fields.required_text(),
    "external_id": fields.text(),
    "supplier_id": fields.text(),
    "brand": fields.text(),
    "category": fields.text(),
    "grapes": words,
    "country": fields.text(),
    "region": fields.text(),
    "description": fields.text(2_000),
    "sample_only": fields.flag,
}
SKU_FIELDS: dict[str, fields.Parse] = {
    "code": fields.required_text(),
    "size": fields.text(),
    "millilitres": fields.whole(1, 1_000_000),
    "items_per_case": fields.whole(1, 1_000, required=True),
    "vintage": fields.whole(1_800, 2_100),
    "abv": fields.decimal(0, 100),
    "bottle_barcode": barcode,
    "case_barcode": barcode,
    "active": fields.flag,
}


@dataclass(frozen=True, kw_only=True)
class AddSupplier(Command):
    """Add a supplier."""

    supplier_id: Id
    name: Name
    external_id: ShortText | None = None


@handles(AddSupplier)
def add_supplier(command: AddSupplier, records: Records, context: Context) -> None:
    """The name is unique in the tenant."""
    require_admin(context)
    values = typed(command, SUPPLIER_FIELDS)
    supplier = Supplier(id=command.supplier_id, **values)
    _check_supplier(records, context, supplier, values)
    records.add(supplier)


@dataclass(frozen=True, kw_only=True)
class EditSupplier(Command):
    """Correct a supplier."""

    supplier_id: Id
    fields: dict[str, FieldEdit]


@handles(EditSupplier)
def edit_supplier(command: EditSupplier, records: Records, context: Context) -> Outcome:
    """Field by field."""
    require_admin(context)
    return apply_edits(records, context, records.need(Supplier, command.supplier_id), command.fields)


@dataclass(frozen=True, kw_only=True)
class AddProduct(Command):
    """Add a product; its sizes and years follow as SKUs."""

    product_id: Id
    name: Name
    external_id: ShortText | None = None
    supplier_id: Id | None = None
    brand: ShortText | None = None
    category: ShortText | None = None
    grapes: tuple[ShortText, ...] = ()
    country: ShortText | None = None
    region: ShortText | None = None
    description: LongText | None = None
    sample_only: bool = False


@handles(AddProduct)
def add_product(command: AddProduct, records: Records, context: Context) -> None:
    """Two products may share a name; an outside id names one."""
    require_admin(context)
    values = typed(command, PRODUCT_FIELDS)
    product = Product(id=command.product_id, **values)
    _check_product(records, context, product, values)
    records.add(product)


@dataclass(frozen=True, kw_only=True)
class EditProduct(Command):
    """Correct a product."""

    product_id: Id
    fields: dict[str, FieldEdit]


@handles(EditProduct)
def edit_product(command: EditProduct, records: Records, context: Context) -> Outcome:
    """Field by field."""
    require_admin(context)
    return apply_edits(records, context, records.need(Product, command.product_id), command.fields)


@dataclass(frozen=True, kw_only=True)
class ArchiveProduct(Command):
    """Take a product out of the lists people choose from; its history stays."""

    product_id: Id


@handles(ArchiveProduct)
def archive_product(command: ArchiveProduct, records: Records, context: Context) -> None:
    """Archiving twice is archiving once."""
    require_admin(context)
    set_fields(records, context, records.need(Product, command.product_id), {"archived": True})


@dataclass(frozen=True, kw_only=True)
class RestoreProduct(Command):
    """Put an archived product back."""

    product_id: Id


@handles(RestoreProduct)
def restore_product(command: RestoreProduct, records: Records, context: Context) -> None:
    """Restoring twice is restoring once."""
    require_admin(context)
    set_fields(records, context, records.need(Product, command.product_id), {"archived": False})


@dataclass(frozen=True, kw_only=True)
class AddSku(Command):
    """Add a size or year of a product."""

    sku_id: Id
    product_id: Id
    code: Name
    size: ShortText | None = None
    millilitres: int | None = None
    """None reads them from `size`."""
    items_per_case: Annotated[int, Between(1, 1_000)] = 12
    vintage: int | None = None
    abv: float | None = None
    bottle_barcode: ShortText | None = None
    case_barcode: ShortText | None = None
    active: bool = True


@handles(AddSku)
def add_sku(command: AddSku, records: Records, context: Context) -> None:
    """The code is unique in the tenant."""
    require_admin(context)
    records.need(Product, command.product_id)
    values = typed(command, SKU_FIELDS)
    if values["millilitres"] is None:
        values["millilitres"] = parse_size(values["size"]).millilitres
    sku = Sku(id=command.sku_id, product_id=command.product_id, **values)
    _check_sku(records, context, sku, values)
    records.add(sku)


@dataclass(frozen=True, kw_only=True)
class EditSku(Command):
    """Correct a SKU, or stop selling it (`active`)."""

    sku_id: Id
    fields: dict[str, FieldEdit]


@handles(EditSku)
def edit_sku(command: EditSku, records: Records, context: Context) -> Outcome:
    """Field by field; a new `size` leaves `millilitres` as they are."""
    require_admin(context)
    return apply_edits(records, context, records.need(Sku, command.sku_id), command.fields)


def _check_supplier(records: Records, context: Context, supplier: Supplier, values: Mapping[str, Any]) -> None:
    need_free(records, context, supplier, values, "name", "supplier_name_taken")
    need_free(records, context, supplier, values, "external_id", "catalogue_id_taken")


def _check_product(records: Records, context: Context, product: Product, values: Mapping[str, Any]) -> None:
    if values.get("supplier_id") is not None:
        records.need(Supplier, values["supplier_id"])
    need_free(records, context, product, values, "external_id", "catalogue_id_taken")


def _check_sku(records: Records, context: Context, sku: Sku, values: Mapping[str, Any]) -> None:
    need_free(records, context, sku, values, "code", "sku_code_taken")


editable(Supplier, fields=SUPPLIER_FIELDS, may_edit=admin_only, check=_check_supplier)
editable(Product, fields=PRODUCT_FIELDS, may_edit=admin_only, check=_check_product)
editable(Sku, fields=SKU_FIELDS, may_edit=admin_only, check=_check_sku)
