"""A request that is refused. Knows no more of the web framework than its exception's base, which loads fast."""

from typing import Any

from starlette.exceptions import HTTPException


class ApiError(HTTPException):
    """HTTP status, stable code, a sentence for people, and what else helps."""

    def __init__(
        self, status: int, code: str, sentence: str, *, headers: dict[str, str] | None = None, **extra: Any
    ) -> None:
        self.code = code
        self.sentence = sentence
        self.extra = extra
        super().__init__(status, sentence, headers)


def bad_request(place: str, why: str) -> ApiError:
    """400 for a request that is not what it says, naming the place."""
    return ApiError(400, "bad_request", f"The request is not well formed at {place}: {why}.", place=place)
