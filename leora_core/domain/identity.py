"""Users, what they may see (grants), and the tenant's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from leora_core.domain import fields
from leora_core.domain.command import (
    ALL_SCOPES,
    SHARED,
    Command,
    Context,
    Outcome,
    Record,
    Records,
    Rejected,
    handles,
    rep_scope,
    warehouse_scope,
)
from leora_core.domain.edits import FieldEdit, apply_edits, editable
from leora_core.domain.grants import Grant, grant, revoke
from leora_core.domain.permissions import require_admin
from leora_core.domain.reasons import declare
from leora_core.domain.values import Id, Name, Scalar, ShortText

Role = Literal["rep", "manager", "admin", "warehouse"]
ROLES: tuple[Role, ...] = ("rep", "manager", "admin", "warehouse")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

SETTINGS_ID = "00000000-0000-8000-8000-000000000001"
"""The id of the one settings row of a tenant."""

declare(
    {
        "email_taken": "{email} already belongs to a user. Use another address.",
        "last_admin": "This is the last administrator. Make someone else an administrator first.",
        "zone_unknown": "{zone} is not a time zone. Use a name like America/New_York.",
        "roles_empty": "A user needs at least one role. Choose one.",
        "not_a_rep": "This user is not an active sales representative. Choose one who is.",
    }
)


@dataclass(frozen=True, kw_only=True)
class User(Record):
    """A person of the tenant. Names and roles are shared; passwords and devices never leave the server."""

    TABLE: ClassVar[str] = "app_user"
    HOME: ClassVar[str] = SHARED

    name: str
    email: str
    roles: tuple[str, ...]
    active: bool = True
    territory: str | None = None
    delivery_days: tuple[str, ...] = ()
    """Weekdays on which this rep's accounts are delivered, `mon` to `sun`."""
    sample_allowance: int | None = None
    """Bottles a month; None takes the tenant's."""
    weekly_quota_cents: int | None = None
    monthly_quota_cents: int | None = None

    @property
    def scope(self) -> str:
        return SHARED


@dataclass(frozen=True, kw_only=True)
class TenantSettings(Record):
    """The tenant's own rules; one row with id `SETTINGS_ID`."""

    TABLE: ClassVar[str] = "tenant_settings"
    HOME: ClassVar[str] = SHARED

    name: str
    timezone: str
    currency: str = "USD"
    sample_allowance: int = 60
    """Bottles a rep may give away in a calendar month without a manager."""
    plan_cap: int = 75
    revenue_drop_percent: int = 15
    minimum_order_cents: int = 20_000

    @property
    def scope(self) -> str:
        return SHARED


def is_active_rep(user: User) -> bool:
    """Whether accounts and plans may be given to this user."""
    return user.active and "rep" in user.roles


def need_active_rep(records: Records, user_id: str) -> User:
    """The user, who must be an active rep. Raises Rejected `not_found` or `not_a_rep`."""
    user = records.need(User, user_id)
    if not is_active_rep(user):
        raise Rejected("not_a_rep", field="rep_id")
    return user


def scopes_of_roles(user_id: str, roles: tuple[str, ...], warehouse_ids: tuple[str, ...] = ()) -> frozenset[str]:
    """The scopes a user holds by role: reps shared and their own, warehouses shared and theirs, managers all."""
    held: set[str] = set()
    if "rep" in roles:
        held |= {SHARED, rep_scope(user_id)}
    if "warehouse" in roles:
        held |= {SHARED, *(warehouse_scope(warehouse) for warehouse in warehouse_ids)}
    if "manager" in roles or "admin" in roles:
        held.add(ALL_SCOPES)
    return frozenset(held)


@dataclass(frozen=True, kw_only=True)
class AddUser(Command):
    """Add a person to the tenant; the password is set on the server."""

    user_id: Id
    name: Name
    email: Name
    roles: tuple[Role, ...]
    territory: ShortText | None = None
    warehouse_ids: tuple[Id, ...] = ()


@handles(AddUser)
def add_user(command: AddUser, records: Records, context: Context) -> None:
    """Administrators only. The e-mail is unique in the tenant whatever its case; roles bring their grants."""
    require_admin(context)
    email = fields.parsed("email", _login, command.email)
    _email_is_free(records, context, command.user_id, email)
    user = User(
        id=command.user_id,
        name=fields.parsed("name", fields.required_text(), command.name),
        email=email,
        roles=_ordered(command.roles),
        territory=fields.parsed("territory", fields.text(), command.territory),
    )
    records.add(user)
    _hold_by_role(records, context, user, command.warehouse_ids)


@dataclass(frozen=True, kw_only=True)
class EditUser(Command):
    """Correct what is known of a person: name, e-mail, territory, allowance, quotas, delivery days."""

    user_id: Id
    fields: dict[str, FieldEdit]


@handles(EditUser)
def edit_user(command: EditUser, records: Records, context: Context) -> Outcome:
    """Administrators only, field by field."""
    require_admin(context)
    return apply_edits(records, context, records.need(User, command.user_id), command.fields)


@dataclass(frozen=True, kw_only=True)
class SetRoles(Command):
    """Give a person other roles, and with them what they may see."""

    user_id: Id
    roles: tuple[Role, ...]
    warehouse_ids: tuple[Id, ...] = ()


@handles(SetRoles)
def set_roles(command: SetRoles, records: Records, context: Context) -> None:
    """Administrators only. Grants the old and new roles share are left alone; assigned accounts stay assigned."""
    require_admin(context)
    user = records.need(User, command.user_id)
    roles = _ordered(command.roles)
    if "admin" not in roles:
        _keep_an_admin(records, context, user)
    if roles != user.roles:
        user = records.change(user, roles=roles)
    _hold_by_role(records, context, user, command.warehouse_ids)


@dataclass(frozen=True, kw_only=True)
class DisableUser(Command):
    """Lock a person out; their work stays and the server revokes their devices."""

    user_id: Id


@handles(DisableUser)
def disable_user(command: DisableUser, records: Records, context: Context) -> None:
    """Administrators only; the last active one stays. Grants stay too, for the day the user returns."""
    require_admin(context)
    user = records.need(User, command.user_id)
    if user.active:
        _keep_an_admin(records, context, user)
        records.change(user, active=False)


@dataclass(frozen=True, kw_only=True)
class EnableUser(Command):
    """Let a person in again, with the roles they had."""

    user_id: Id


@handles(EnableUser)
def enable_user(command: EnableUser, records: Records, context: Context) -> None:
    """Administrators only."""
    require_admin(context)
    user = records.need(User, command.user_id)
    if not user.active:
        records.change(user, active=True)


@dataclass(frozen=True, kw_only=True)
class ChangeSettings(Command):
    """Change the tenant's own rules."""

    fields: dict[str, FieldEdit]


@handles(ChangeSettings)
def change_settings(command: ChangeSettings, records: Records, context: Context) -> Outcome:
    """Administrators only, field by field."""
    require_admin(context)
    return apply_edits(records, context, records.need(TenantSettings, SETTINGS_ID), command.fields)


def _ordered(roles: tuple[str, ...]) -> tuple[str, ...]:
    if not roles:
        raise Rejected("roles_empty", field="roles")
    return tuple(role for role in ROLES if role in roles)


def _hold_by_role(records: Records, context: Context, user: User, warehouse_ids: tuple[str, ...]) -> None:
    """End and make just the grants by role that differ."""
    wanted = scopes_of_roles(user.id, user.roles, warehouse_ids)
    present = records.find(Grant, user_id=user.id, why="role", to_version=None)
    for old in present:
        if old.held not in wanted:
            revoke(records, context, old)
    for held in sorted(wanted - {old.held for old in present}):
        grant(records, context, name=held, user_id=user.id, held=held, why="role")


def _keep_an_admin(records: Records, context: Context, leaving: User) -> None:
    """Raises Rejected `last_admin` where nobody else could administer the tenant."""
    if not context.authority or "admin" not in leaving.roles or not leaving.active:
        return
    others = (user for user in records.find(User, active=True) if user.id != leaving.id)
    if not any("admin" in user.roles for user in others):
        raise Rejected("last_admin")


def _email_is_free(records: Records, context: Context, user_id: str, email: str) -> None:
    if not context.authority:
        return
    wanted = email.casefold()
    if any(user.email.casefold() == wanted and user.id != user_id for user in records.find(User)):
        raise Rejected("email_taken", field="email", email=email)


def _check_user(records: Records, context: Context, user: User, values: Mapping[str, Any]) -> None:
    if "email" in values:
        _email_is_free(records, context, user.id, values["email"])


def _login(value: Scalar) -> str:
    """The address a person signs in with; lower case, so that it is found however it is typed."""
    address: str = fields.email(required=True)(value)
    return address.lower()


def _zone(value: Scalar) -> str:
    name: str = fields.required_text()(value)
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise Rejected("zone_unknown", field="timezone", zone=name) from None
    return name


def _currency(value: Scalar) -> str:
    if not isinstance(value, str) or len(value) != 3 or not value.isascii() or not value.isupper():
        raise ValueError("it must be a code of three capital letters such as USD")
    return value


def _admin_only(_records: Records, context: Context, _record: Record) -> None:
    require_admin(context)


editable(
    User,
    fields={
        "name": fields.required_text(),
        "email": _login,
        "territory": fields.text(),
        "delivery_days": fields.some_of(*WEEKDAYS),
        "sample_allowance": fields.whole(0, 100_000),
        "weekly_quota_cents": fields.whole(),
        "monthly_quota_cents": fields.whole(),
    },
    may_edit=_admin_only,
    check=_check_user,
)

editable(
    TenantSettings,
    fields={
        "name": fields.required_text(),
        "timezone": _zone,
        "currency": _currency,
        "sample_allowance": fields.whole(0, 100_000, required=True),
        "plan_cap": fields.whole(1, 1_000, required=True),
        "revenue_drop_percent": fields.whole(0, 100, required=True),
        "minimum_order_cents": fields.whole(required=True),
    },
    may_edit=_admin_only,
)
