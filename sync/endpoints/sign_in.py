"""POST /v1/sign-in and /v1/sign-out: a device comes and goes."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from sync.devices import About, sign_out
from sync.endpoints.parts import Authorization, NamedText, ShortText, open_router, problems, signed_router
from sync.refusals import ApiError
from sync.settings import ServerSettings
from sync.tenants import Tenants
from sync.users import Asked, SignedIn, authenticate, sign_in


class DeviceAbout(BaseModel):
    """What the device says of itself."""

    name: NamedText
    platform: ShortText = ""
    app_version: ShortText = ""


class SignInRequest(BaseModel):
    """Who wants to sign in, and on which device."""

    tenant: ShortText
    email: ShortText
    password: str = Field(max_length=1_000)
    device: DeviceAbout
    code: ShortText | None = Field(None, description="for a second factor; not asked for yet")
    replaces: ShortText | None = Field(None, description="id of this user's device that this one takes over from")


class UserSaid(BaseModel):
    """The user who signed in."""

    id: str
    name: str
    email: str
    roles: list[str]


class TenantSaid(BaseModel):
    """The company."""

    slug: str
    name: str
    timezone: str


class LimitsSaid(BaseModel):
    """What one exchange may carry: commands, bytes of the body once decompressed, rows of an answer."""

    commands: int
    body: int
    rows: int


class SignInAnswer(BaseModel):
    """The new device. The token is told this once."""

    device_id: str
    device_code: str
    token: str
    lease: str
    user: UserSaid
    tenant: TenantSaid
    limits: LimitsSaid


class SignOutRequest(BaseModel):
    """How many commands still wait on the device; `abandon` gives them up."""

    waiting: int = Field(ge=0)
    abandon: bool = False


class SignOutAnswer(BaseModel):
    """The token is dead."""

    signed_out: bool


def routers(tenants: Tenants, settings: ServerSettings) -> list[APIRouter]:
    """The routes of coming and going."""
    coming, going = open_router(), signed_router()

    @coming.post("/v1/sign-in", responses=problems(401, 413, 415, 429))
    def come(body: SignInRequest, request: Request) -> SignInAnswer:
        """Enrol this device. The same is said, after the same time, whatever was wrong."""
        asked = Asked(
            tenant=body.tenant,
            email=body.email,
            password=body.password,
            about=About(body.device.name, body.device.platform, body.device.app_version),
            replaces=body.replaces,
            address=request.client.host if request.client else "",
        )
        return _answer(sign_in(tenants, settings, asked), settings)

    @going.post("/v1/sign-out", responses=problems(409))
    def go(body: SignOutRequest, authorization: Authorization = None) -> SignOutAnswer:
        """End the device's token."""
        signed = authenticate(tenants, authorization)
        if body.waiting and not body.abandon:
            sentence = f"{body.waiting} changes have not been sent yet. Sync first, or give them up."
            raise ApiError(409, "unsent_work", sentence, waiting=body.waiting)
        with signed.tenant.database.writing() as transaction:
            sign_out(transaction, signed.device.id)
        return SignOutAnswer(signed_out=True)

    return [coming, going]


def _answer(done: SignedIn, settings: ServerSettings) -> SignInAnswer:
    person, tenant = done.person, done.tenant
    return SignInAnswer(
        device_id=done.device.id,
        device_code=done.device.code,
        token=done.token,
        lease=done.lease,
        user=UserSaid(id=person.id, name=person.name, email=person.email, roles=list(person.roles)),
        tenant=TenantSaid(slug=tenant.slug, name=tenant.name, timezone=tenant.timezone),
        limits=LimitsSaid(commands=settings.command_limit, body=settings.body_limit, rows=settings.row_limit),
    )
