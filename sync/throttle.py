"""Wrong passwords make the next try wait, by e-mail and by address, longer each time."""

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from leora_core.domain.values import format_instant, parse_instant
from leora_core.store.database import Database
from leora_core.store.prepared import Prepared
from sync import moment
from sync.server_tables import sign_in_failure
from sync.settings import ServerSettings

FORGOTTEN_AFTER = timedelta(days=1)

_GET = Prepared(
    sa.select(sign_in_failure.c.failures, sign_in_failure.c.last_at).where(
        sign_in_failure.c.subject == sa.bindparam("subject")
    )
)
_FORGET = Prepared(sa.delete(sign_in_failure).where(sign_in_failure.c.subject == sa.bindparam("subject")))


@dataclass(frozen=True)
class Throttle:
    """The counters of one try: `database` keeps them, hashed, for this e-mail and this address."""

    database: Database
    settings: ServerSettings
    subjects: tuple[str, ...]

    def wait_seconds(self) -> int:
        """How long to wait before the next try; 0 when it may be made now."""
        now = moment.now()
        longest = 0.0
        with self.database.reading() as transaction:
            for subject in self.subjects:
                row = _GET.run(transaction, subject=subject).fetchone()
                if row is not None and row[0] >= self.settings.free_failures:
                    free_at = parse_instant(row[1]) + timedelta(seconds=self._delay(int(row[0])))
                    longest = max(longest, (free_at - now).total_seconds())
        return max(0, math.ceil(longest))

    def failed(self) -> None:
        """Count a wrong password."""
        now = moment.now()
        sql = (
            "INSERT INTO sign_in_failure (subject, failures, last_at) VALUES (?, 1, ?) ON CONFLICT (subject) DO UPDATE "
            "SET failures = CASE WHEN sign_in_failure.last_at < ? THEN 1 ELSE sign_in_failure.failures + 1 END, "
            "last_at = excluded.last_at"
        )
        old = format_instant(now - FORGOTTEN_AFTER)
        with self.database.writing() as transaction:
            for subject in self.subjects:
                transaction.execute(sql.replace("?", transaction.placeholder), (subject, format_instant(now), old))

    def succeeded(self) -> None:
        """Forget the wrong passwords of this e-mail and this address."""
        with self.database.reading() as transaction:
            counted = [s for s in self.subjects if _GET.run(transaction, subject=s).fetchone() is not None]
        if counted:
            with self.database.writing() as transaction:
                for subject in counted:
                    _FORGET.run(transaction, subject=subject)

    def _delay(self, failures: int) -> float:
        doublings = min(failures - self.settings.free_failures, 30)
        return float(min(1 << doublings, self.settings.longest_wait_seconds))


def throttle_for(database: Database, settings: ServerSettings, *, tenant: str, email: str, address: str) -> Throttle:
    """The counters of a try to sign in. Only hashes of e-mail and address are kept."""
    texts = (f"email|{tenant}|{email.strip().casefold()}", f"address|{address}")
    return Throttle(database, settings, tuple(hashlib.sha256(text.encode()).hexdigest() for text in texts))
