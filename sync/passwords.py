"""Passwords: argon2id with the least cost OWASP names (2 passes, 19 MiB, 1 lane)."""

import threading
import unicodedata

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from leora_core.domain.values import format_instant
from leora_core.store.prepared import Prepared, Transaction
from sync import moment
from sync.server_tables import credential

LONGEST = 1_000
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = _HASHER.hash("nobody has this password")
_AT_ONCE = threading.BoundedSemaphore(4)
"""Hashes made at a time: each takes 19 MiB."""

_GET = Prepared(sa.select(credential.c.password_hash).where(credential.c.user_id == sa.bindparam("user")))
_DELETE = Prepared(sa.delete(credential).where(credential.c.user_id == sa.bindparam("user")))
_INSERT = Prepared(
    sa.insert(credential).values(
        user_id=sa.bindparam("user"), password_hash=sa.bindparam("new_hash"), changed_at=sa.bindparam("new_changed_at")
    )
)


class PasswordUnusable(ValueError):
    """The password cannot be taken; the text says why."""


def password_hash(password: str) -> str:
    """The hash to store. Raises PasswordUnusable for an empty or endless password."""
    if not password or len(password) > LONGEST:
        raise PasswordUnusable(f"A password has 1 to {LONGEST} characters.")
    with _AT_ONCE:
        return _HASHER.hash(_normal(password))


def store_password(transaction: Transaction, user_id: str, hashed: str) -> None:
    """Let the user sign in with the password of this hash, and no other."""
    _DELETE.run(transaction, user=user_id)
    _INSERT.run(transaction, user=user_id, new_hash=hashed, new_changed_at=format_instant(moment.now()))


def stored_hash(transaction: Transaction, user_id: str) -> str | None:
    """The hash of the user's password, None when none was set."""
    row = _GET.run(transaction, user=user_id).fetchone()
    return None if row is None else str(row[0])


def is_password(hashed: str | None, password: str) -> bool:
    """Whether `password` has this hash. Takes as long for None as for a wrong one."""
    with _AT_ONCE:
        try:
            _HASHER.verify(hashed or _NOBODY, _normal(password[:LONGEST]))
        except VerificationError:
            return False
    return hashed is not None


def _normal(password: str) -> str:
    """One spelling of the letters a Mac and a PC write differently."""
    return unicodedata.normalize("NFC", password)
