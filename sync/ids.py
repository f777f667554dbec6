"""Ids made on the server."""

import uuid_utils


def new_id() -> str:
    """A fresh UUIDv7: ids made later sort later."""
    return str(uuid_utils.uuid7())
