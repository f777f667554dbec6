"""GET /v1/schema: the tables and commands of this protocol."""

from functools import cache
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from leora_core.domain.command import COMMANDS
from leora_core.protocol.codec import schema_of
from leora_core.protocol.versions import PROTOCOL
from leora_core.store.columns import ColumnKind
from leora_core.store.tables import BY_NAME, TABLE_ORDER
from sync.endpoints.parts import Authorization, signed_router
from sync.tenants import Tenants
from sync.users import authenticate


class ColumnSaid(BaseModel):
    """One column of the rows of a table, in the order they travel."""

    name: str
    type: ColumnKind
    nullable: bool


class TableSaid(BaseModel):
    """A synced table."""

    name: str
    columns: list[ColumnSaid]


class CommandSaid(BaseModel):
    """A command: its newest version and the JSON Schema of its payload."""

    name: str
    version: int
    summary: str
    payload: dict[str, Any]


class SchemaAnswer(BaseModel):
    """Everything the two ends can say to each other."""

    protocol: int
    tables: list[TableSaid]
    commands: list[CommandSaid]


def router(tenants: Tenants) -> APIRouter:
    """The route of the schema."""
    routes = signed_router()

    @routes.get("/v1/schema")
    def schema(authorization: Authorization = None) -> SchemaAnswer:
        """Tables with their columns, commands with the schema their payload is checked against."""
        authenticate(tenants, authorization)
        return _schema()

    return routes


@cache
def _schema() -> SchemaAnswer:
    return SchemaAnswer(
        protocol=PROTOCOL,
        tables=[_table(name) for name in TABLE_ORDER],
        commands=[
            CommandSaid(
                name=name,
                version=known.command.VERSION,
                summary=known.summary,
                payload=schema_of(known.command),
            )
            for name, known in sorted(COMMANDS.items())
        ],
    )


def _table(name: str) -> TableSaid:
    columns = BY_NAME[name].columns
    return TableSaid(name=name, columns=[ColumnSaid(name=c.name, type=c.kind, nullable=c.nullable) for c in columns])
