"""Tags: the words a company sorts its accounts by."""

import re
from dataclasses import dataclass

from leora_core.domain import fields
from leora_core.domain.accounts.parts import need_account
from leora_core.domain.accounts.records import AccountTag, TagDefinition
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.edits import FieldEdit, apply_edits, editable
from leora_core.domain.permissions import may_work_account, require_manager
from leora_core.domain.reasons import declare
from leora_core.domain.values import Id, Name, Scalar, ShortText, child_id

declare(
    {
        "tag_unknown": "There is no tag {tag} in use. Choose one from the list, or ask a manager to define it.",
        "tag_exists": "The tag {tag} is defined already, as {name}. Use it, or choose another code.",
        "tag_code": "A tag's code has 1 to 40 small letters, digits and underscores. Correct {tag}.",
    }
)

_TAGS_ROOT = "00000000-0000-8000-8000-000000000002"
_CODE = re.compile(r"[a-z0-9_]{1,40}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_BUILT_IN = (
    ("wine_club", "Wine club"),
    ("events", "Events"),
    ("female_winemakers", "Female winemakers"),
    ("organic", "Organic"),
    ("natural_wine", "Natural wine"),
    ("biodynamic", "Biodynamic"),
)


def tag_definition_id(code: str) -> str:
    """The id of the definition of `code`: the same wherever it is made, so that no code is defined twice."""
    return child_id(_TAGS_ROOT, code)


def built_in_tags() -> list[TagDefinition]:
    """The tags every tenant starts with."""
    return [TagDefinition(id=tag_definition_id(code), code=code, name=name) for code, name in _BUILT_IN]


@dataclass(frozen=True, kw_only=True)
class DefineTag(Command):
    """Define a tag that accounts may carry."""

    code: Name
    name: Name
    colour: ShortText | None = None


@handles(DefineTag)
def define_tag(command: DefineTag, records: Records, context: Context) -> None:
    """Managers and administrators. Defining the same tag twice changes nothing."""
    require_manager(context)
    if not _CODE.fullmatch(command.code):
        raise Rejected("tag_code", field="code", tag=command.code)
    wanted = TagDefinition(
        id=tag_definition_id(command.code),
        code=command.code,
        name=fields.parsed("name", fields.required_text(), command.name),
        colour=fields.parsed("colour", _colour, command.colour),
    )
    present = records.find(TagDefinition, code=command.code)
    if not present:
        records.add(wanted)
    elif (present[0].name, present[0].colour) != (wanted.name, wanted.colour):
        raise Rejected("tag_exists", field="code", tag=command.code, name=present[0].name)


@dataclass(frozen=True, kw_only=True)
class EditTag(Command):
    """Change a tag's name or colour, or take it out of use."""

    tag_id: Id
    fields: dict[str, FieldEdit]


@handles(EditTag)
def edit_tag(command: EditTag, records: Records, context: Context) -> Outcome:
    """Managers and administrators, field by field."""
    require_manager(context)
    return apply_edits(records, context, records.need(TagDefinition, command.tag_id), command.fields)


@dataclass(frozen=True, kw_only=True)
class AddTag(Command):
    """Put a tag on an account."""

    account_id: Id
    tag: Name


@handles(AddTag)
def add_tag(command: AddTag, records: Records, context: Context) -> None:
    """Whoever works the account. A tag that is on stays as it is; one that is not in use is refused."""
    need_account(records, context, command.account_id)
    if records.find(AccountTag, account_id=command.account_id, tag=command.tag):
        return
    if not records.find(TagDefinition, code=command.tag, active=True):
        raise Rejected("tag_unknown", field="tag", tag=command.tag)
    records.add(
        AccountTag(
            id=child_id(command.account_id, f"tag-{command.tag}"),
            account_id=command.account_id,
            tag=command.tag,
            tagged_by=context.actor.user_id,
            tagged_at=context.at,
        )
    )


@dataclass(frozen=True, kw_only=True)
class RemoveTag(Command):
    """Take a tag off an account."""

    account_id: Id
    tag: Name


@handles(RemoveTag)
def remove_tag(command: RemoveTag, records: Records, context: Context) -> None:
    """Whoever works the account. A tag that is not on is no error."""
    may_work_account(records, context, command.account_id)
    for tag in records.find(AccountTag, account_id=command.account_id, tag=command.tag):
        records.remove(tag)


def _colour(value: Scalar) -> str | None:
    text: str | None = fields.text(7)(value)
    if text is not None and not _COLOUR.fullmatch(text):
        raise ValueError("it must be a colour like #7a1f3d")
    return text


editable(
    TagDefinition,
    fields={"name": fields.required_text(), "colour": _colour, "active": fields.flag},
    may_edit=lambda _records, context, _tag: require_manager(context),
)
