"""Small named values kept in a file of the laptop."""

from leora_core.store.prepared import Transaction


class State:
    """The rows of a (name, value) table, read and written through the caller's transaction."""

    def __init__(self, table: str) -> None:
        self._get = f"SELECT value FROM {table} WHERE name = ?"  # noqa: S608 - our own names
        self._set = f"INSERT OR REPLACE INTO {table} (name, value) VALUES (?, ?)"  # noqa: S608
        self._delete = f"DELETE FROM {table} WHERE name = ?"  # noqa: S608

    def get(self, transaction: Transaction, name: str) -> str | None:
        """The value, or None when it was never set."""
        row = transaction.execute(self._get, (name,)).fetchone()
        return None if row is None else row[0]

    def number(self, transaction: Transaction, name: str) -> int:
        """The value as a whole number; 0 when it was never set."""
        return int(self.get(transaction, name) or 0)

    def set(self, transaction: Transaction, **values: str | int | None) -> None:
        """Store the values; None removes a name."""
        for name, value in values.items():
            if value is None:
                transaction.execute(self._delete, (name,))
            else:
                transaction.execute(self._set, (name, str(value)))


REPLICA_STATE = State("replica_state")
OUTBOX_STATE = State("outbox_state")
