"""What the endpoints share: routers that bound their bodies, the token, the texts a body may hold."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Security
from fastapi.security import HTTPBearer
from pydantic import AfterValidator, Field

from sync.bodies import BoundedRoute
from sync.errors import ErrorBody

BEARER = HTTPBearer(auto_error=False, description="The device token that sign-in gave")
Authorization = Annotated[str | None, Header(include_in_schema=False)]

_MEANINGS = {
    400: "bad_request: the request is not well formed; `place` says where",
    401: "token_invalid: sign in again",
    403: "device_revoked (with `wipe`) or not_allowed",
    404: "not_found",
    409: "a conflict with what the server holds",
    413: "body_too_large",
    415: "encoding_unsupported",
    416: "range_invalid",
    422: "refused by a rule",
    426: "protocol_unsupported, with `min` and `max`",
    429: "wait as long as Retry-After says",
    503: "unavailable: try again after Retry-After",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of an endpoint, for its description."""
    return {status: {"model": ErrorBody, "description": _MEANINGS[status]} for status in statuses}


def open_router(**options: Any) -> APIRouter:
    """A router for those who have no token."""
    return APIRouter(route_class=BoundedRoute, responses=problems(400, 426, 503), **options)


def signed_router(**options: Any) -> APIRouter:
    """A router for those who have one."""
    return APIRouter(
        route_class=BoundedRoute,
        responses=problems(400, 401, 403, 426, 503),
        dependencies=[Security(BEARER)],
        **options,
    )


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("it contains the character NUL, which cannot be stored")
    return text


ShortText = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
NamedText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
"""A text that must say something."""
