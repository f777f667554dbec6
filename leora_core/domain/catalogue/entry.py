"""What the commands of the catalogue share: typed values, free names, and who may."""

from collections.abc import Mapping
from typing import Any

from leora_core.domain import fields
from leora_core.domain.command import Command, Context, Record, Records, Rejected
from leora_core.domain.edits import plain
from leora_core.domain.permissions import require_admin


def admin_only(_records: Records, context: Context, _record: Record) -> None:
    """Products and prices: administrators only."""
    require_admin(context)


def typed(command: Command, parsers: Mapping[str, fields.Parse]) -> dict[str, Any]:
    """The record's values from the command's fields of the same names. Raises Rejected `field_invalid`."""
    return {name: fields.parsed(name, parse, plain(getattr(command, name))) for name, parse in parsers.items()}


def need_free(
    records: Records, context: Context, record: Record, values: Mapping[str, Any], field: str, code: str
) -> None:
    """Raises Rejected `code` when another row has the value set for `field`; only the authority can know."""
    value = values.get(field)
    if value is None or not context.authority:
        return
    if any(other.id != record.id for other in records.find(type(record), **{field: value})):
        raise Rejected(code, field=field, value=value)
