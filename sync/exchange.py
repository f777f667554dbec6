"""What a device is told: verdicts, scopes, rows, removals, and where it then stands.

One answer reads one snapshot. Rows of scopes new to the device (the fill) come first, by table and
id, so that a page can say where it stopped; then everything that changed since the device's cursor
(the delta), which also brings up to date what earlier pages of the fill had sent. Only an answer
that leaves nothing out ends in a checkpoint.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from leora_core.domain.command import ALL_SCOPES
from leora_core.protocol.messages import (
    AnswerLine,
    Checkpoint,
    FillPlace,
    Gone,
    Page,
    Rows,
    ScopeLine,
    SyncRequest,
)
from leora_core.protocol.proof import checksum_text
from leora_core.store.columns import convert
from leora_core.store.prepared import Transaction
from leora_core.store.statements import quote, statements
from leora_core.store.tables import BY_NAME, TABLE_ORDER, Synced
from sync.change_log import Head, touched_between
from sync.visibility import holds_everything, scope_news, total_sum

WINDOW = 8_192
"""Rows read and sorted into lines at a time; what bounds memory on both ends."""

DELTA = "="
"""The pseudo-scope of a place in a delta too long for one answer."""
DONE = "~"
"""Stands after every table name: this fill has nothing left."""


@dataclass
class Pull:
    """One answer's rows. `lines()` yields them; `checkpoint` tells afterwards whether all was said."""

    transaction: Transaction
    user_id: str
    request: SyncRequest
    head: Head
    budget: int
    checkpoint: Checkpoint | None = None
    sent: int = 0
    _places: list[FillPlace] = field(default_factory=list)

    def lines(self) -> Iterator[AnswerLine]:
        """Scope lines, rows, removals, and a page or checkpoint at the end."""
        since = self.request.cursor
        news = scope_news(self.transaction, self.user_id, since, ended_since=self._ended_since())
        yield from (ScopeLine(op="drop", scope=scope) for scope in news.dropped)
        added = sorted(news.added) if since else [ALL_SCOPES]
        yield from (ScopeLine(op="add", scope=scope, at=self.head.version) for scope in added)
        fills = self._fills(news.added)
        yield from self._send_fills(fills)
        if any(place.after != [DONE] for place in self._places):
            yield self._page()
            return
        lowest = since if since else min((place.at for place in self._fill_places()), default=self.head.version)
        yield from self._send_delta(lowest)
        if any(place.after != [DONE] for place in self._places):
            yield self._page()
            return
        yield from self._send_gone(lowest)
        count, total = total_sum(self.transaction, self.user_id)
        self.checkpoint = Checkpoint(
            cursor=self.head.version, chain=self.head.chain, count=count, checksum=checksum_text(total)
        )
        yield self.checkpoint

    # -- fills -----------------------------------------------------------------------------------

    def _ended_since(self) -> int:
        """From when ended grants matter: what earlier pages of a first sync sent may be revoked since."""
        if self.request.cursor:
            return self.request.cursor
        return min((place.at for place in self._asked_fills()), default=self.head.version)

    def _asked_fills(self) -> list[FillPlace]:
        return [place for place in self.request.fill if place.scope != DELTA]

    def _fills(self, added: dict[str, int]) -> list[FillPlace]:
        """Where each fill goes on: those the device names, and one for what was granted since."""
        asked = self._asked_fills()
        known = max((place.at for place in asked if place.scope == ALL_SCOPES), default=self.request.cursor)
        if any(start > known for start in added.values()):
            asked = [*asked, FillPlace(scope=ALL_SCOPES, at=self.head.version)]
        return asked

    def _send_fills(self, fills: list[FillPlace]) -> Iterator[AnswerLine]:
        granted_after = self.request.cursor
        for place in fills:
            if place.after == [DONE] or self.sent >= self.budget:
                self._places.append(place)
            else:
                yield from self._send_fill(place, granted_after)
            if place.scope == ALL_SCOPES:
                granted_after = place.at

    def _send_fill(self, place: FillPlace, granted_after: int) -> Iterator[AnswerLine]:
        condition, parameters = self._fill_filter(place, granted_after)
        done = place.done
        start_table, start_id = (place.after[0], place.after[-1]) if len(place.after) > 1 else ("", "")
        for name in TABLE_ORDER:
            if name < start_table:
                continue
            after = start_id if name == start_table else ""
            while True:
                room = min(WINDOW, self.budget - self.sent)
                if room <= 0:
                    self._places.append(msgspec.structs.replace(place, after=[name, after], done=done))
                    return
                where = f"{condition.format(table=self._quoted(name))}id > {self._mark}"
                rows = self._select(BY_NAME[name], where, [*parameters, after], room)
                yield from _lines_of(BY_NAME[name], rows)
                done += len(rows)
                if len(rows) < room:
                    break
                after = rows[-1][0]
        self._places.append(msgspec.structs.replace(place, after=[DONE], done=done))

    def _fill_filter(self, place: FillPlace, granted_after: int) -> tuple[str, list[Any]]:
        """The condition of a fill, `{table}` in it to be replaced, and its parameters."""
        if place.scope != ALL_SCOPES:
            held, parameters = self._held_filter("{table}")
            return f"row_scope = {self._mark} AND {held}", [place.scope, *parameters]
        if self._everything:
            return "", []
        return (
            f"EXISTS (SELECT 1 FROM scope_grant g WHERE g.user_id = {self._mark} AND g.held = {{table}}.row_scope "  # noqa: S608
            f"AND g.to_version IS NULL AND g.from_version > {self._mark} AND g.from_version <= {self._mark}) AND ",
            [self.user_id, granted_after, place.at],
        )

    def _fill_places(self) -> list[FillPlace]:
        return [place for place in self._places if place.scope != DELTA]

    # -- delta -----------------------------------------------------------------------------------

    def _send_delta(self, since: int) -> Iterator[AnswerLine]:
        if since >= self.head.version:
            return
        touched = touched_between(self.transaction, since, self.head.version)
        if touched is not None and not touched.tables:
            return
        resumed = next((place for place in self.request.fill if place.scope == DELTA), None)
        for name in TABLE_ORDER:
            if touched is None or name in touched.tables:
                stopped = yield from self._send_table_delta(name, since, resumed)
                if stopped is not None:
                    self._places.append(FillPlace(scope=DELTA, at=self.head.version, after=stopped))
                    return

    def _send_table_delta(self, name: str, since: int, resumed: FillPlace | None) -> Any:
        """Yields the table's changed rows by version; returns where it stopped, or None when all were sent."""
        held, parameters = self._held_filter(self._quoted(name))
        version, id_ = self._delta_start(name, since, resumed)
        while True:
            room = min(WINDOW, max(self.budget - self.sent, 0))
            if room == 0:
                return [name, str(version), id_]
            condition = f"{held}(row_version, id) > ({self._mark}, {self._mark})"
            rows = self._select(BY_NAME[name], condition, [*parameters, version, id_], room, order="row_version, id")
            yield from _lines_of(BY_NAME[name], rows)
            if len(rows) < room:
                return None
            version, id_ = rows[-1][-1], rows[-1][0]

    @staticmethod
    def _delta_start(name: str, since: int, resumed: FillPlace | None) -> tuple[int, str]:
        """The (version, id) after which the table's delta goes on. `DONE` sorts after every id."""
        if resumed is None or len(resumed.after) != 3 or name > resumed.after[0]:
            return since, DONE
        if name < resumed.after[0]:
            return resumed.at, DONE
        return int(resumed.after[1]), resumed.after[2]

    def _send_gone(self, since: int) -> Iterator[AnswerLine]:
        if since >= self.head.version:
            return
        held, parameters = self._held_filter("removal")
        rows = self.transaction.execute(
            f"SELECT table_name, row_scope, id, version FROM removal WHERE {held}version > {self._mark} "  # noqa: S608
            "ORDER BY table_name, row_scope, id",
            [*parameters, since],
        )
        gone: Gone | None = None
        for table, scope, id_, version in rows:
            if gone is None or (gone.table, gone.scope) != (table, scope):
                if gone is not None:
                    yield gone
                gone = Gone(table=table, scope=scope, ids=[], versions=[])
            gone.ids.append(id_)
            gone.versions.append(int(version))
        if gone is not None:
            yield gone

    # -- shared ----------------------------------------------------------------------------------

    @property
    def _mark(self) -> str:
        return self.transaction.placeholder

    @property
    def _everything(self) -> bool:
        if not hasattr(self, "_sees_all"):
            self._sees_all = holds_everything(self.transaction, self.user_id)
        return self._sees_all

    def _quoted(self, name: str) -> str:
        return quote(self.transaction.dialect, name)

    def _held_filter(self, table: str) -> tuple[str, list[Any]]:
        """The condition every row sent of `table` must meet: the user holds its scope in this very snapshot.

        The row's scope is named with its table: a grant has a scope of its own.
        """
        if self._everything:
            return "", []
        return (
            f"EXISTS (SELECT 1 FROM scope_grant g WHERE g.user_id = {self._mark} AND g.held = {table}.row_scope "  # noqa: S608
            "AND g.to_version IS NULL) AND ",
            [self.user_id],
        )

    def _select(
        self, synced: Synced, condition: str, parameters: list[Any], limit: int, order: str = "id"
    ) -> list[Any]:
        read = statements(synced, self.transaction.dialect).read
        rows: list[Any] = self.transaction.execute(
            f"{read} WHERE {condition} ORDER BY {order} LIMIT {limit}", parameters
        ).fetchall()
        self.sent += len(rows)
        return rows

    def _page(self) -> Page:
        done = sum(place.done for place in self._fill_places())
        count, _ = total_sum(self.transaction, self.user_id)
        return Page(fill=self._places, done_rows=done, left_rows=max(count - done, 0))


def _lines_of(synced: Synced, rows: list[Any]) -> Iterator[Rows]:
    """The rows as lines, one for each scope; ids ascend within a line."""
    by_scope: defaultdict[str, list[Any]] = defaultdict(list)
    columns = synced.column_names
    width = len(columns)
    for row in rows:
        by_scope[row[width]].append(row)
    for scope, held in by_scope.items():
        versions = [row[width + 1] for row in held]
        if synced.to_wire:
            wire = [convert(list(row[:width]), synced.to_wire) for row in held]
        else:
            wire = [row[:width] for row in held]
        yield Rows(table=synced.name, scope=scope, columns=columns, versions=versions, rows=wire)
