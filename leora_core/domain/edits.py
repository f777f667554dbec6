"""Edits field by field: nobody's value is ever overwritten unseen.

An edit says for each field what the user saw (`was`) and wants (`now`). Where the present value is
neither, the field is a conflict: it stays, and a Conflict row keeps base, mine and theirs until
somebody settles it with ResolveConflict. Every change leaves a FieldChange, the field's history.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from leora_core.domain.command import Command, Context, Outcome, R, Record, Records, Rejected, handles
from leora_core.domain.fields import Parse, parsed
from leora_core.domain.lookup import need_permitted
from leora_core.domain.reasons import declare
from leora_core.domain.values import Id, Scalar, format_instant

declare({"conflict_settled": "Somebody settled this conflict already. Refresh to see the value they chose."})


@dataclass(frozen=True)
class FieldEdit:
    """One field of an edit: the value the user saw and the one wanted.

    Values travel plain: dates and instants as ISO text, a list of words as one text with commas.
    """

    was: Scalar = None
    now: Scalar = None


@dataclass(frozen=True, kw_only=True)
class FieldChange(Record):
    """One change of one field; `old` and `new` are JSON text."""

    TABLE: ClassVar[str] = "field_change"

    record_table: str
    record_id: str
    field: str
    old: str
    new: str
    by: str
    """The id of the user who changed it."""
    at: datetime
    version: int = 0
    """The version it was committed as; 0 while only this laptop knows it."""
    lives_in: str
    """The scope of the record that changed."""

    @property
    def scope(self) -> str:
        return self.lives_in


@dataclass(frozen=True, kw_only=True)
class Conflict(Record):
    """Two people changed one field. `base`, `mine`, `theirs` and `settled_value` are JSON text.

    `theirs` is the value that stayed; `theirs_by` and `theirs_at` are None when its history is not known.
    """

    TABLE: ClassVar[str] = "conflict"

    record_table: str
    record_id: str
    field: str
    base: str
    mine: str
    theirs: str
    mine_by: str
    theirs_by: str | None = None
    theirs_at: datetime | None = None
    made_at: datetime
    status: Literal["open", "settled"] = "open"
    settled_value: str | None = None
    settled_by: str | None = None
    settled_at: datetime | None = None
    lives_in: str
    """The scope of the record it is about."""

    @property
    def scope(self) -> str:
        return self.lives_in


@dataclass(frozen=True, slots=True)
class Editable:
    """What `editable` declared for a kind of record."""

    kind: type[Record]
    fields: Mapping[str, Parse]
    may_edit: Callable[[Records, Context, Any], None]
    check: Callable[[Records, Context, Any, Mapping[str, Any]], None] | None


EDITABLE: dict[str, Editable] = {}
"""By table."""


def editable(
    kind: type[R],
    *,
    fields: Mapping[str, Parse],
    may_edit: Callable[[Records, Context, R], None],
    check: Callable[[Records, Context, R, Mapping[str, Any]], None] | None = None,
) -> None:
    """Declare which fields of `kind` can be edited, how each is parsed, and by whom.

    `may_edit` raises Rejected for those who may not; it decides who may settle a conflict. `check`
    sees the values about to be set and may refuse them, for rules such as uniqueness.
    """
    if kind.TABLE in EDITABLE:
        raise ValueError(f"{kind.TABLE} is declared editable twice")
    EDITABLE[kind.TABLE] = Editable(kind, dict(fields), may_edit, check)


def apply_edits(records: Records, context: Context, record: Record, fields: Mapping[str, FieldEdit]) -> Outcome:
    """Apply the edit of an editable record; the caller has asked permission.

    Sets each field whose present value is what the user saw, leaves one that is already as wanted, and
    keeps the rest as conflicts, named in `result["conflicts"]`. Raises Rejected `field_unknown` or
    `field_invalid`, and then nothing is changed.
    """
    kind = EDITABLE[record.TABLE]
    wanted = {name: _parsed(kind, name, fields[name].now) for name in sorted(fields)}
    values: dict[str, Any] = {}
    conflicts: list[dict[str, Any]] = []
    for name, value in wanted.items():
        present = plain(getattr(record, name))
        if _same(present, plain(value)):
            continue
        if _same(present, fields[name].was):
            values[name] = value
        else:
            conflicts.append(_keep_conflict(records, context, record, name, fields[name].was, plain(value)))
    if values:
        if kind.check is not None:
            kind.check(records, context, record, values)
        set_fields(records, context, record, values)
    return Outcome(result={"conflicts": conflicts}) if conflicts else Outcome()


def set_fields(records: Records, context: Context, record: R, values: Mapping[str, Any]) -> R:
    """Set fields to record values and leave a FieldChange for each that differs."""
    changed = {name: value for name, value in values.items() if plain(getattr(record, name)) != plain(value)}
    if not changed:
        return record
    for name, value in changed.items():
        records.add(
            FieldChange(
                id=context.child_id(f"change-{record.TABLE}-{record.id}-{name}"),
                record_table=record.TABLE,
                record_id=record.id,
                field=name,
                old=_json(plain(getattr(record, name))),
                new=_json(plain(value)),
                by=context.actor.user_id,
                at=context.at,
                version=context.version,
                lives_in=record.scope,
            )
        )
    return records.change(record, **changed)


def close_conflicts(records: Records, context: Context, record: Record) -> None:
    """Settle what is open about a record that is being removed: there is nothing left to choose."""
    for conflict in records.find(Conflict, record_id=record.id, status="open"):
        records.change(conflict, status="settled", settled_by=context.actor.user_id, settled_at=context.at)


def plain(value: Any) -> Scalar:
    """A record's value as it travels in an edit."""
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return ",".join(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} cannot travel in an edit")


@dataclass(frozen=True, kw_only=True)
class ResolveConflict(Command):
    """Settle a conflict: choose the value the field shall have."""

    conflict_id: Id
    value: Scalar = None


@handles(ResolveConflict)
def resolve_conflict(command: ResolveConflict, records: Records, context: Context) -> None:
    """Whoever may edit the record may settle; a settled conflict stays settled."""
    conflict = need_permitted(
        records, context, Conflict, command.conflict_id, lambda found: _may_settle(records, context, found)
    )
    if conflict.status == "settled":
        raise Rejected("conflict_settled")
    kind = EDITABLE[conflict.record_table]
    record = records.need(kind.kind, conflict.record_id)
    value = _parsed(kind, conflict.field, command.value, place="value")
    values = {conflict.field: value}
    if kind.check is not None and plain(getattr(record, conflict.field)) != plain(value):
        kind.check(records, context, record, values)
    set_fields(records, context, record, values)
    records.change(
        conflict,
        status="settled",
        settled_value=_json(plain(value)),
        settled_by=context.actor.user_id,
        settled_at=context.at,
    )


def _may_settle(records: Records, context: Context, conflict: Conflict) -> None:
    kind = EDITABLE[conflict.record_table]
    kind.may_edit(records, context, records.need(kind.kind, conflict.record_id))


def _parsed(kind: Editable, name: str, value: Scalar, *, place: str | None = None) -> Any:
    if name not in kind.fields:
        raise Rejected("field_unknown", field=name)
    return parsed(place or name, kind.fields[name], value)


def _keep_conflict(
    records: Records, context: Context, record: Record, name: str, base: Scalar, mine: Scalar
) -> dict[str, Any]:
    theirs = plain(getattr(record, name))
    last = _last_change(records, record, name, theirs)
    conflict = Conflict(
        id=context.child_id(f"conflict-{name}"),
        record_table=record.TABLE,
        record_id=record.id,
        field=name,
        base=_json(base),
        mine=_json(mine),
        theirs=_json(theirs),
        mine_by=context.actor.user_id,
        theirs_by=last.by if last else None,
        theirs_at=last.at if last else None,
        made_at=context.at,
        lives_in=record.scope,
    )
    records.add(conflict)
    return {
        "field": name,
        "base": base,
        "mine": mine,
        "theirs": theirs,
        "by": conflict.theirs_by,
        "at": format_instant(last.at) if last else None,
        "conflict_id": conflict.id,
    }


def _last_change(records: Records, record: Record, name: str, present: Scalar) -> FieldChange | None:
    """The change that gave the field its present value; versions order, clocks only among those unsent."""
    made_it = [
        change
        for change in records.find(FieldChange, record_id=record.id, field=name)
        if change.record_table == record.TABLE and change.new == _json(present)
    ]
    return max(made_it, key=lambda change: (change.version or math.inf, change.at, change.id), default=None)


def _same(present: Scalar, other: Scalar) -> bool:
    """Equal as on the wire, where true is not 1."""
    return isinstance(present, bool) == isinstance(other, bool) and present == other


def _json(value: Scalar) -> str:
    return json.dumps(value, ensure_ascii=False)
