"""Devices: enrolled at sign-in, known by a token, ended by sign-out, replacement or revocation."""

import hashlib
import itertools
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from leora_core.domain.values import format_instant
from leora_core.store.prepared import Prepared, Transaction
from sync import moment
from sync.ids import new_id
from sync.server_tables import clock, device

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "23456789"
_TOKEN = re.compile(r"leora1\.(?P<tenant>[a-z][a-z0-9-]{1,39})\.(?P<device>[0-9a-f-]{36})\.[A-Za-z0-9_-]{43}")

_LOCK = Prepared(sa.select(clock.c.id).where(clock.c.id == 1).with_for_update())
_CODES = Prepared(sa.select(device.c.code))
_GET = Prepared(sa.select(device).where(device.c.id == sa.bindparam("device")))
_REPLACE = Prepared(
    sa.update(device)
    .where(device.c.id == sa.bindparam("old"), device.c.user_id == sa.bindparam("user"), device.c.replaced_by.is_(None))
    .values(replaced_by=sa.bindparam("new"))
)
_SIGN_OUT = Prepared(
    sa.update(device)
    .where(device.c.id == sa.bindparam("device"), device.c.signed_out_at.is_(None))
    .values(signed_out_at=sa.bindparam("now"))
)
_KEEP_TOKEN = Prepared(
    sa.update(device).where(device.c.id == sa.bindparam("device")).values(token_expires_at=sa.bindparam("until"))
)


@dataclass(frozen=True, slots=True)
class Device:
    """A device as the server knows it."""

    id: str
    user_id: str
    code: str
    name: str
    platform: str | None
    app_version: str | None
    token_hash: str
    token_expires_at: str
    last_seq: int
    enrolled_at: str
    replaced_by: str | None
    signed_out_at: str | None
    revoked_at: str | None
    wipe: bool


def device_from(row: Any) -> Device:
    """The device of a row whose first columns are those of the table."""
    values = list(row[: len(device.c)])
    values[-1] = bool(values[-1])
    return Device(*values)


@dataclass(frozen=True)
class About:
    """What a device says of itself at sign-in."""

    name: str
    platform: str
    app_version: str


def token_tenant(token: str) -> str | None:
    """The tenant a token names, None for a text that is no token."""
    match = _TOKEN.fullmatch(token)
    return None if match is None else match["tenant"]


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def enrol(
    transaction: Transaction, *, tenant: str, user_id: str, about: About, days: int, replaces: str | None
) -> tuple[Device, str]:
    """A new device of the user and its token. `replaces` ends an older device if it is the same user's."""
    _LOCK.run(transaction).fetchone()  # so that two sign-ins at once do not choose the same code
    now = moment.now()
    id_ = new_id()
    token = f"leora1.{tenant}.{id_}.{secrets.token_urlsafe(32)}"
    made = Device(
        id=id_,
        user_id=user_id,
        code=_free_code(transaction),
        name=about.name,
        platform=about.platform,
        app_version=about.app_version,
        token_hash=token_hash(token),
        token_expires_at=format_instant(now + timedelta(days=days)),
        last_seq=0,
        enrolled_at=format_instant(now),
        replaced_by=None,
        signed_out_at=None,
        revoked_at=None,
        wipe=False,
    )
    transaction.connection.execute(sa.insert(device).values({c.name: getattr(made, c.name) for c in device.c}))
    if replaces is not None:
        _REPLACE.run(transaction, old=replaces, user=user_id, new=id_)
    return made, token


def find_device(transaction: Transaction, device_id: str) -> Device | None:
    """The device, None when there is none."""
    row = _GET.run(transaction, device=device_id).fetchone()
    return None if row is None else device_from(row)


def sign_out(transaction: Transaction, device_id: str) -> None:
    """End the device's token."""
    _SIGN_OUT.run(transaction, device=device_id, now=format_instant(moment.now()))


def keep_token(transaction: Transaction, device_id: str, until: str) -> None:
    """Let the token live until then."""
    _KEEP_TOKEN.run(transaction, device=device_id, until=until)


def revoke(transaction: Transaction, device_id: str, *, wipe: bool) -> bool:
    """Shut the device out, telling it to erase itself with `wipe`. False when there is no such device.

    A wipe once asked for is not taken back by revoking again without.
    """
    found = find_device(transaction, device_id)
    if found is None:
        return False
    transaction.connection.execute(
        sa.update(device)
        .where(device.c.id == device_id)
        .values(revoked_at=found.revoked_at or format_instant(moment.now()), wipe=wipe or found.wipe)
    )
    return True


def _free_code(transaction: Transaction) -> str:
    """The first code of the shortest kind that is free; letters and digits that look alike are left out."""
    used = {code for (code,) in _CODES.run(transaction).fetchall()}
    return next(code for code in _codes() if code not in used)


def _codes() -> Iterator[str]:
    for letters in itertools.count(1):
        for parts in itertools.product(*[_LETTERS] * letters, _DIGITS):
            yield "".join(parts)
