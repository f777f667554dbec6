"""Shapes that older laptops still send, lifted one version at a time.

A shipped shape is accepted for at least twelve months. Each step is a pure function over the payload;
what was sent is kept as it was sent.
"""

from collections.abc import Callable
from typing import Any

Payload = dict[str, Any]
Upcaster = Callable[[Payload], Payload]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(command name, version it reads) -> the step to the next version."""


def upcast(name: str, version: int, payload: Payload) -> Payload:
    """`payload` in today's shape. Versions without a step of their own are taken as they are."""
    while (step := UPCASTERS.get((name, version))) is not None:
        payload = step(payload)
        version += 1
    return payload
