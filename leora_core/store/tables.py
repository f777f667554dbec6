"""The synced tables: one for each kind of record, made from its fields.

Beside its fields every row carries the scope it lives in and the version that last changed it. On a
laptop `row_version` is the version of the server's row below any pending change, 0 if there is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from leora_core.domain import edits, grants, identity, tasks
from leora_core.domain.accounts import records as accounts
from leora_core.domain.activities import records as activities
from leora_core.domain.call_plans import records as call_plans
from leora_core.domain.catalogue import records as catalogue
from leora_core.domain.command import Record
from leora_core.domain.orders import records as orders
from leora_core.domain.samples import records as samples
from leora_core.store.columns import (
    Column,
    Converters,
    columns_of,
    dumpers,
    from_wire,
    loaders,
    sql_column,
    to_wire,
)

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

_REFERENCES = {
    "account_id": "account",
    "activity_id": "activity",
    "order_id": "order",
    "plan_id": "call_plan",
    "price_list_id": "price_list",
    "product_id": "product",
    "recurrence_id": "recurrence",
    "rep_id": "app_user",
    "sku_id": "sku",
    "supplier_id": "supplier",
    "user_id": "app_user",
}
"""Which table a field of this name points into. Enforced on the server; a laptop holds only parts."""


@dataclass(frozen=True, eq=False)
class Synced:
    """A kind of record and its table."""

    kind: type[Record]
    table: sa.Table
    columns: tuple[Column, ...]
    loaders: Converters
    dumpers: Converters
    to_wire: Converters
    from_wire: Converters

    @property
    def name(self) -> str:
        """The table's name, on the wire too."""
        return self.kind.TABLE

    @cached_property
    def column_names(self) -> list[str]:
        """The wire columns, in order."""
        return [column.name for column in self.columns]


def _synced(kind: type[Record], *indexes: tuple[str, ...]) -> Synced:
    columns = columns_of(kind)
    table = sa.Table(
        kind.TABLE,
        METADATA,
        *(sql_column(column) for column in columns),
        sa.Column("row_scope", _id_type(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        *_foreign_keys(columns),
        sqlite_with_rowid=False,
    )
    for fields in (("row_scope",), *indexes):
        sa.Index(None, *(table.c[name] for name in fields))
    return Synced(kind, table, columns, loaders(columns), dumpers(columns), to_wire(columns), from_wire(columns))


def _id_type() -> sa.types.TypeEngine[Any]:
    """The type of ids and scopes: text in byte order."""
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _foreign_keys(columns: tuple[Column, ...]) -> Iterator[sa.ForeignKeyConstraint]:
    for column in columns:
        if column.name in _REFERENCES:
            yield sa.ForeignKeyConstraint(
                [column.name], [f"{_REFERENCES[column.name]}.id"], deferrable=True, initially="DEFERRED"
            )


SYNCED: tuple[Synced, ...] = (
    _synced(identity.TenantSettings),
    _synced(identity.User),
    _synced(grants.Grant, ("user_id", "held"), ("held",)),
    _synced(accounts.Account, ("name",), ("account_number",), ("external_id",)),
    _synced(accounts.Contact),
    _synced(accounts.Address, ("postal_code",)),
    _synced(accounts.Licence, ("number",)),
    _synced(accounts.DeliveryWindow),
    _synced(accounts.AccountTag),
    _synced(accounts.TagDefinition),
    _synced(catalogue.Supplier, ("name",)),
    _synced(catalogue.Product, ("name",), ("external_id",)),
    _synced(catalogue.Sku, ("product_id",), ("code",)),
    _synced(catalogue.SkuCost, ("sku_id",)),
    _synced(catalogue.PriceList),
    _synced(catalogue.PriceListItem, ("sku_id",), ("price_list_id",)),
    _synced(catalogue.ContractPrice),
    _synced(orders.Order, ("external_id",), ("delivered_on",)),
    _synced(orders.OrderLine, ("order_id",)),
    _synced(activities.Activity, ("occurred_at",)),
    _synced(activities.Note),
    _synced(activities.Attachment, ("sha256",)),
    _synced(tasks.Task, ("assignee_id", "status")),
    _synced(call_plans.CallPlan),
    _synced(call_plans.PlannedAccount, ("plan_id",), ("account_id",)),
    _synced(call_plans.Recurrence),
    _synced(call_plans.TerritoryBlock, ("plan_id",)),
    _synced(samples.SampleMovement, ("rep_id", "month"), ("rep_id", "sku_id")),
    _synced(samples.SampleGiven),
    _synced(samples.AllowanceRequest, ("rep_id", "month")),
    _synced(edits.FieldChange, ("record_id",)),
    _synced(edits.Conflict, ("record_id",)),
)

BY_NAME: dict[str, Synced] = {synced.name: synced for synced in SYNCED}
BY_KIND: dict[type[Record], Synced] = {synced.kind: synced for synced in SYNCED}
TABLE_ORDER: tuple[str, ...] = tuple(sorted(BY_NAME))
"""The order tables are sent in: by name, so that a page can say where it stopped."""
