"""Every failure the server tells of, in one shape: `{"error": {"code": …, "sentence": …, …}}`."""

import logging
import sqlite3
from typing import Any, cast

import psycopg
import sqlalchemy as sa
import uuid_utils
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from sync.refusals import ApiError, bad_request

log = logging.getLogger("sync")

_BUSY_SECONDS = 5
_BY_STATUS = {
    404: ("not_found", "There is nothing at this address. Check the address."),
    405: ("method_not_allowed", "This address does not answer to this method. Check the method."),
}


class ErrorDetail(BaseModel):
    """What went wrong. Some codes carry more fields."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(description="stable, snake_case")
    sentence: str = Field(description="for people: what happened and what to do")


class ErrorBody(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorDetail


def error_body(code: str, sentence: str, **extra: Any) -> dict[str, Any]:
    """The body every error answer has."""
    return {"error": {"code": code, "sentence": sentence, **extra}}


def respond(error: ApiError) -> JSONResponse:
    """The answer that tells of `error`."""
    return JSONResponse(error_body(error.code, error.sentence, **error.extra), error.status_code, error.headers)


def add_error_handlers(app: FastAPI) -> None:
    """Give every failure of `app` the one shape."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    for busy in (sa.exc.OperationalError, sqlite3.OperationalError, psycopg.OperationalError, sa.exc.TimeoutError):
        app.add_exception_handler(busy, _busy)
    app.add_exception_handler(ClientDisconnect, _hung_up)
    app.add_exception_handler(Exception, _broken)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, ApiError):
        return respond(error)
    told = cast(HTTPException, error)
    code, sentence = _BY_STATUS.get(told.status_code, ("bad_request", str(told.detail)))
    return JSONResponse(error_body(code, sentence), told.status_code, told.headers)


async def _malformed(_request: Request, error: Exception) -> JSONResponse:
    first = cast(RequestValidationError, error).errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return respond(bad_request(place, str(first["msg"]).rstrip(".")))


async def _busy(request: Request, error: Exception) -> JSONResponse:
    log.warning("database not available for %s: %s", request.url.path, error)
    sentence = "The server cannot reach its database just now. Nothing is lost; it is tried again by itself."
    return respond(ApiError(503, "unavailable", sentence, headers={"Retry-After": str(_BUSY_SECONDS)}))


async def _hung_up(_request: Request, _error: Exception) -> JSONResponse:
    """The device went away while it was still sending: nothing was done, nobody hears, it is no fault of ours."""
    return respond(bad_request("body", "it broke off"))


async def _broken(request: Request, error: Exception) -> JSONResponse:
    incident = str(uuid_utils.uuid7())
    log.error("incident %s at %s %s", incident, request.method, request.url.path, exc_info=error)
    sentence = "The server made a mistake. Nothing is lost; tell your administrator the incident's number."
    return JSONResponse(error_body("server_error", sentence, incident=incident), 500)
