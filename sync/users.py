"""Who is asking: sign-in with a password, then a token on every request."""

import json
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from leora_core.domain.command import Actor
from leora_core.domain.values import format_instant, parse_instant
from leora_core.store.prepared import Prepared, Transaction
from leora_core.store.tables import BY_NAME
from sync import leases, moment
from sync.devices import About, Device, device_from, enrol, keep_token, token_hash, token_tenant
from sync.passwords import is_password, stored_hash
from sync.refusals import ApiError
from sync.server_tables import device, lease
from sync.settings import TOKEN_DAYS, ServerSettings
from sync.tenants import Tenant, Tenants
from sync.throttle import throttle_for

_user = BY_NAME["app_user"].table
_USER_COLUMNS = (_user.c.id, _user.c.name, _user.c.email, _user.c.roles, _user.c.active)
_BY_TOKEN = Prepared(
    sa.select(*device.c, *_USER_COLUMNS)
    .join(_user, _user.c.id == device.c.user_id)
    .where(device.c.token_hash == sa.bindparam("token"))
)
_USERS = Prepared(sa.select(*_USER_COLUMNS).order_by(_user.c.id))
_SEEN_AT = Prepared(sa.select(lease.c.seen_at).where(lease.c.device_id == sa.bindparam("device")))


@dataclass(frozen=True, slots=True)
class Person:
    """A user, as far as signing in goes."""

    id: str
    name: str
    email: str
    roles: tuple[str, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """Who sent a request: the tenant, the device, the user as the rules see them."""

    tenant: Tenant
    device: Device
    person: Person
    actor: Actor

    @property
    def device_id(self) -> str:
        """The sending device."""
        return self.device.id

    @property
    def user_id(self) -> str:
        """The user it belongs to."""
        return self.person.id


@dataclass(frozen=True)
class Asked:
    """A try to sign in."""

    tenant: str
    email: str
    password: str
    about: About
    replaces: str | None
    address: str


@dataclass(frozen=True)
class SignedIn:
    """A new device: its token is told once and kept nowhere."""

    tenant: Tenant
    device: Device
    token: str
    lease: str
    person: Person


def token_invalid() -> ApiError:
    """401 for a missing, unknown, expired or ended token."""
    return ApiError(
        401,
        "token_invalid",
        "This device is not signed in. Sign in again; nothing that waits to be sent is lost.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def authenticate(tenants: Tenants, header: str | None) -> Signed:
    """Who sent a request with this Authorization header. One indexed read.

    Raises ApiError 401 `token_invalid`; 403 `device_revoked` for a revoked device or a disabled user.
    """
    found = known_device(tenants, header)
    if found.device.revoked_at is not None or not found.person.active:
        sentence = "This device was shut out by your administrator. Ask them if that was not meant."
        raise ApiError(403, "device_revoked", sentence, wipe=found.device.wipe)
    if found.device.signed_out_at is not None or found.device.replaced_by is not None:
        raise token_invalid()
    if found.device.token_expires_at < format_instant(moment.now()):
        _live_on(found)
    return found


def known_device(tenants: Tenants, header: str | None) -> Signed:
    """Who had this token, whatever became of it since. Raises ApiError 401 `token_invalid`."""
    scheme, _, token = (header or "").partition(" ")
    slug = token_tenant(token.strip()) if scheme.lower() == "bearer" else None
    tenant = None if slug is None else tenants.get(slug)
    if tenant is None:
        raise token_invalid()
    with tenant.database.reading() as transaction:
        row = _BY_TOKEN.run(transaction, token=token_hash(token.strip())).fetchone()
    if row is None:
        raise token_invalid()
    person = _person(row[len(device.c) :])
    actor = Actor(user_id=person.id, roles=frozenset(person.roles))
    return Signed(tenant, device_from(row), person, actor)


def sign_in(tenants: Tenants, settings: ServerSettings, asked: Asked) -> SignedIn:
    """A new device of the user. Raises ApiError 401 `credentials_invalid`, 429 `throttled`.

    Whatever was wrong, the same work is done and the same is said.
    """
    tenant = tenants.get(asked.tenant)
    counters = tenants.control if tenant is None else tenant.leases
    throttle = throttle_for(counters, settings, tenant=asked.tenant, email=asked.email, address=asked.address)
    wait = throttle.wait_seconds()
    if wait:
        sentence = f"Too many wrong passwords. Wait {wait} seconds and try again."
        raise ApiError(429, "throttled", sentence, headers={"Retry-After": str(wait)}, retry_after=wait)
    person = _checked(tenant, asked)
    if tenant is None or person is None:
        throttle.failed()
        sentence = "Company, e-mail or password is not right. Check all three and try again."
        raise ApiError(401, "credentials_invalid", sentence)
    throttle.succeeded()
    with tenant.database.writing() as transaction:
        made, token = enrol(
            transaction,
            tenant=tenant.slug,
            user_id=person.id,
            about=asked.about,
            days=TOKEN_DAYS,
            replaces=asked.replaces,
        )
    return SignedIn(tenant, made, token, leases.first(tenant, made.id), person)


def find_person(transaction: Transaction, email: str) -> Person | None:
    """The user with this e-mail, whatever its case; an active one first."""
    wanted = email.strip().casefold()
    matching = [person for person in all_people(transaction) if person.email.casefold() == wanted]
    return min(matching, key=lambda person: not person.active, default=None)


def all_people(transaction: Transaction) -> list[Person]:
    """Everyone of the tenant, by id."""
    return [_person(row) for row in _USERS.run(transaction).fetchall()]


def _checked(tenant: Tenant | None, asked: Asked) -> Person | None:
    """The user if all is right. The hash is computed in any case."""
    person, hashed = None, None
    if tenant is not None:
        with tenant.database.reading() as transaction:
            person = find_person(transaction, asked.email)
            hashed = None if person is None else stored_hash(transaction, person.id)
    right = is_password(hashed, asked.password)
    return person if right and person is not None and person.active else None


def _live_on(found: Signed) -> None:
    """A token lives on while its device keeps in touch. Raises ApiError 401 when it did not."""
    with found.tenant.leases.reading() as transaction:
        row = _SEEN_AT.run(transaction, device=found.device.id).fetchone()
    until = None if row is None else parse_instant(row[0]) + timedelta(days=TOKEN_DAYS)
    if until is None or until <= moment.now():
        raise token_invalid()
    with found.tenant.database.writing() as transaction:
        keep_token(transaction, found.device.id, format_instant(until))


def _person(row: tuple[str, str, str, str, int]) -> Person:
    id_, name, email, roles, active = row[:5]
    return Person(id_, name, email, tuple(json.loads(roles)), bool(active))
