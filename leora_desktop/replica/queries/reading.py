"""How queries read: whole records by scope or by id, pages by key."""

import bisect
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from leora_core.domain.command import R
from leora_core.domain.identity import SETTINGS_ID, TenantSettings
from leora_core.store.prepared import Transaction
from leora_core.store.statements import quote, statements
from leora_core.store.tables import BY_KIND, BY_NAME
from leora_core.store.unit_of_work import UnitOfWork, to_record
from leora_desktop.replica.queries.registry import invalid

T = TypeVar("T")
Key = tuple[Any, str]


def table(name: str) -> sa.Table:
    """The table of a kind of record."""
    return BY_NAME[name].table


def find(reader: Transaction, kind: type[R], **equal: object) -> list[R]:
    """The records whose fields equal all of `equal`, by id."""
    return UnitOfWork(reader).find(kind, **equal)


def need(reader: Transaction, kind: type[R], id: str) -> R:
    """The record. Raises Rejected `not_found`."""
    return UnitOfWork(reader).need(kind, id)


def in_scope(reader: Transaction, kind: type[R], scope: str) -> list[R]:
    """The records of a kind that live in `scope`, by id."""
    return _records(reader, kind, " WHERE row_scope = ? ORDER BY id", scope)


def by_ids(reader: Transaction, kind: type[R], ids: Iterable[str | None]) -> dict[str, R]:
    """The records with these ids, by id; those that are not here are left out."""
    return by_field(reader, kind, "id", ids)


def by_field(reader: Transaction, kind: type[R], field: str, values: Iterable[str | None]) -> dict[str, R]:
    """The records whose `field` is one of `values`, by id."""
    wanted = json.dumps(sorted({value for value in values if value is not None}))
    condition = f" WHERE {quote('sqlite', field)} IN (SELECT value FROM json_each(?)) ORDER BY id"  # noqa: S608 - our own names
    return {record.id: record for record in _records(reader, kind, condition, wanted)}


def selected(reader: Transaction, kind: type[R], *conditions: sa.ColumnElement[bool]) -> list[R]:
    """The records that meet all conditions, in no order."""
    synced = BY_KIND[kind]
    rows = reader.connection.execute(sa.select(*_columns(kind)).where(*conditions))
    return [cast(R, to_record(synced, list(row))) for row in rows]


def _columns(kind: type[R]) -> list[sa.Column[Any]]:
    synced = BY_KIND[kind]
    return [synced.table.c[name] for name in synced.column_names]


def _records(reader: Transaction, kind: type[R], condition: str, parameter: str) -> list[R]:
    synced = BY_KIND[kind]
    rows = reader.execute(statements(synced, reader.dialect).read + condition, (parameter,)).fetchall()
    return [cast(R, to_record(synced, row)) for row in rows]


def settings(reader: Transaction) -> TenantSettings:
    """The tenant's rules; the usual ones before the first sync."""
    found = UnitOfWork(reader).get(TenantSettings, SETTINGS_ID)
    return found if isinstance(found, TenantSettings) else TenantSettings(id=SETTINGS_ID, name="", timezone="UTC")


def user_names(reader: Transaction) -> dict[str, str]:
    """The names of everybody, by user id."""
    return dict(reader.execute("SELECT id, name FROM app_user").fetchall())


def account_names(reader: Transaction, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of these accounts, by id."""
    wanted = json.dumps(sorted({id_ for id_ in ids if id_ is not None}))
    sql = "SELECT id, name FROM account WHERE id IN (SELECT value FROM json_each(?))"
    return dict(reader.execute(sql, (wanted,)).fetchall())


def assigned(rep_id: str) -> sa.Select[Any]:
    """The scopes of the accounts a rep has, to stand behind IN."""
    grant = table("scope_grant")
    return sa.select(grant.c.held).where(
        grant.c.user_id == rep_id, grant.c.why == "assigned", grant.c.to_version.is_(None)
    )


def token(key: Key) -> str:
    """Where a page ended, to be given back as `after`."""
    return json.dumps(key)


def key_of(after: str | None) -> Key | None:
    """The key of a token. Raises Rejected `param_invalid`."""
    if not after:
        return None
    try:
        value, id_ = json.loads(after)
    except (ValueError, TypeError):
        raise invalid("after", "it is not where a page ended") from None
    if not isinstance(id_, str) or not isinstance(value, str | int | float):
        raise invalid("after", "it is not where a page ended")
    return value, id_


def page(items: Sequence[T], key: Callable[[T], Key], after: str | None, limit: int) -> tuple[Sequence[T], str | None]:
    """The next `limit` of `items` sorted by `key`, and the token of the page after."""
    start = 0
    last = key_of(after)
    if last is not None:
        try:
            start = bisect.bisect_right(items, last, key=key)
        except TypeError:
            raise invalid("after", "it belongs to another order") from None
    found = items[start : start + limit]
    more = start + limit < len(items)
    return found, token(key(found[-1])) if more else None


def select_page(
    reader: Transaction,
    statement: sa.Select[Any],
    sort: sa.ColumnElement[Any],
    id_: sa.ColumnElement[Any],
    *,
    newest_first: bool,
    after: str | None,
    limit: int,
) -> tuple[list[Any], str | None]:
    """The next rows of `statement` by (sort, id), and the token of the page after. Each row ends with its two keys."""
    last = key_of(after)
    keys = sa.tuple_(sort, id_)
    if last is not None:
        bound = sa.tuple_(sa.literal(last[0]), sa.literal(last[1]))
        statement = statement.where(keys < bound if newest_first else keys > bound)
    order = (sort.desc(), id_.desc()) if newest_first else (sort, id_)
    statement = statement.add_columns(sort.label("page_key"), id_.label("page_id")).order_by(*order)
    rows = list(reader.connection.execute(statement.limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, token((rows[-1].page_key, rows[-1].page_id)) if more else None
