"""The chain of the server's own tables and of the indexes it adds to the synced ones."""

from pathlib import Path

import sqlalchemy as sa

from leora_core.store.upgrade import SHARED, Chain


def _metadata() -> sa.MetaData:
    from sync.schema import tenant_metadata

    return tenant_metadata()


CHAIN = Chain("server", Path(__file__).parent, _metadata, below=(SHARED,))
"""The chain above the shared one: upgrade that first."""
