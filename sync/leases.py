"""Leases: a nonce that each exchange renews, so that a cloned or rolled-back laptop is noticed.

The server remembers the lease a device last presented and the one it was given for it. Presenting
either is fine (the answer with the newer one may have been lost), and so is another one that was
given for the first (an old request came late); anything else means that somebody else has been
using the device id. A lease is signed and numbered: should the server lose its latest
writes in a power cut, a lease it has truly issued but forgotten is taken for what it is.
"""

import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import Protocol

import sqlalchemy as sa

from leora_core.domain.values import format_instant
from leora_core.store.database import Database
from leora_core.store.prepared import Prepared
from sync import moment
from sync.server_tables import clock, lease

_GET = Prepared(
    sa.select(lease.c.counter, lease.c.current, lease.c.previous, lease.c.request).where(
        lease.c.device_id == sa.bindparam("device")
    )
)
_PUT = Prepared(
    sa.update(lease)
    .where(lease.c.device_id == sa.bindparam("device"))
    .values(
        counter=sa.bindparam("new_counter"),
        current=sa.bindparam("new_current"),
        previous=sa.bindparam("new_previous"),
        request=sa.bindparam("new_request"),
        seen_at=sa.bindparam("new_seen_at"),
        cursor=sa.bindparam("new_cursor"),
    )
)
_NEW = Prepared(
    sa.insert(lease).values(
        device_id=sa.bindparam("device"),
        counter=sa.bindparam("new_counter"),
        current=sa.bindparam("new_current"),
        previous=sa.bindparam("new_previous"),
        request=sa.bindparam("new_request"),
        seen_at=sa.bindparam("new_seen_at"),
        cursor=sa.bindparam("new_cursor"),
    )
)
_SECRET = Prepared(sa.select(clock.c.secret).where(clock.c.id == 1))


class LeasePlace(Protocol):
    """What leases need of a tenant."""

    @property
    def slug(self) -> str: ...
    @property
    def database(self) -> Database: ...
    @property
    def leases(self) -> Database: ...


class LeaseForked(Exception):  # noqa: N818 - a state of the world
    """The lease is neither of the last two."""


def first(tenant: LeasePlace, device_id: str) -> str:
    """The lease of a device that has just signed in."""
    with tenant.leases.writing() as transaction:
        given = _issue(_secret(tenant), device_id, 1, parent=0)
        _NEW.run(transaction, **_values(device_id, 1, given, None, None, 0))
    return given


def renew(tenant: LeasePlace, device_id: str, *, presented: str, request: str, cursor: int) -> str:
    """The lease that answers this exchange. Raises LeaseForked when `presented` is neither of the last two.

    The same request gets the same lease again, so a repeat is never mistaken for a clone.
    """
    secret = _secret(tenant)
    with tenant.leases.writing() as transaction:
        row = _GET.run(transaction, device=device_id).fetchone()
        counter, current, previous, last_request = row or (0, None, None, None)
        if request == last_request and presented in (current, previous):
            return str(current)
        if presented not in (current, previous) and not _follows(secret, device_id, presented, previous):
            counter = _forgotten(secret, device_id, presented, int(counter))
        given = _issue(secret, device_id, int(counter) + 1, parent=_number(presented))
        values = _values(device_id, int(counter) + 1, given, presented, request, cursor)
        (_PUT if row else _NEW).run(transaction, **values)
    return given


def _forgotten(secret: str, device_id: str, presented: str, counter: int) -> int:
    """The number of a lease we issued and lost. Raises LeaseForked if we did not."""
    if not _is_genuine(secret, device_id, presented) or _number(presented) <= counter:
        raise LeaseForked(device_id)
    return _number(presented)


def _follows(secret: str, device_id: str, presented: str, previous: str | None) -> bool:
    """Whether `presented` was given for the lease now called previous.

    So it is when an old request of the same device was delivered late, after a newer one.
    """
    return (
        previous is not None and _is_genuine(secret, device_id, presented) and _parent(presented) == _number(previous)
    )


def _is_genuine(secret: str, device_id: str, presented: str) -> bool:
    body, _, mark = presented.rpartition(".")
    return hmac.compare_digest(mark.encode(), _mark(secret, device_id, body).encode())


def _number(lease_text: str) -> int:
    """The number of a lease; 0 for a text that is none."""
    number = lease_text.partition(".")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 17 else 0


def _parent(lease_text: str) -> int:
    """The number of the lease it was given for."""
    return _number(lease_text.partition(".")[2])


def _issue(secret: str, device_id: str, counter: int, *, parent: int) -> str:
    body = f"{counter}.{parent}.{secrets.token_hex(6)}"
    return f"{body}.{_mark(secret, device_id, body)}"


def _mark(secret: str, device_id: str, body: str) -> str:
    text = f"{device_id}|{body}".encode()
    return hashlib.blake2b(text, key=secret.encode()[:64], digest_size=8).hexdigest()


def _values(
    device_id: str, counter: int, current: str, previous: str | None, request: str | None, cursor: int
) -> dict[str, str | int | None]:
    return {
        "device": device_id,
        "new_counter": counter,
        "new_current": current,
        "new_previous": previous,
        "new_request": request,
        "new_seen_at": format_instant(moment.now()),
        "new_cursor": cursor,
    }


@lru_cache(maxsize=1024)
def _secret_of(database: Database) -> str:
    with database.reading() as transaction:
        return str(_SECRET.run(transaction).fetchone()[0])


def _secret(tenant: LeasePlace) -> str:
    return _secret_of(tenant.database)
