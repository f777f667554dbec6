"""A request that is refused, told without the web framework: the edge makes the answer of it."""

from typing import Any


class ApiError(Exception):
    """HTTP status, stable code, a sentence for people, and what else helps."""

    def __init__(
        self, status: int, code: str, sentence: str, *, headers: dict[str, str] | None = None, **extra: Any
    ) -> None:
        self.status_code = status
        self.code = code
        self.sentence = sentence
        self.headers = headers
        self.extra = extra
        super().__init__(f"{status} {code}: {sentence}")


def bad_request(place: str, why: str) -> ApiError:
    """400 for a request that is not what it says, naming the place."""
    return ApiError(400, "bad_request", f"The request is not well formed at {place}: {why}.", place=place)
