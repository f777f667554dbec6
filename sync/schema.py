"""All tables of a tenant's database on the server: the synced ones, indexed by version, and the server's own."""

import secrets
from functools import cache

import sqlalchemy as sa

from leora_core.store.database import Database
from leora_core.store.tables import METADATA
from leora_core.store.upgrade import SHARED, stamp
from sync.migrations import CHAIN
from sync.server_tables import SERVER, clock


@cache
def tenant_metadata() -> sa.MetaData:
    """The synced tables with an index on `row_version` each, which a laptop has no use for, and the server's tables."""
    whole = sa.MetaData(naming_convention=METADATA.naming_convention)
    for table in METADATA.tables.values():
        copied = table.to_metadata(whole)
        sa.Index(f"ix_{table.name}_row_version", copied.c.row_version)
    for table in SERVER.tables.values():
        table.to_metadata(whole)
    return whole


def fresh_schema(database: Database) -> None:
    """Make every table of a tenant in an empty database, with its clock at version 0."""
    with database.writing() as transaction:
        tenant_metadata().create_all(transaction.connection)
        transaction.connection.execute(
            sa.insert(clock).values(id=1, version=0, chain=None, horizon=0, secret=secrets.token_hex(32))
        )
    stamp(database, SHARED)
    stamp(database, CHAIN)
