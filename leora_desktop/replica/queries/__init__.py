"""What screens and the command line read: one module per screen, SQL to frozen rows."""

from leora_desktop.replica.queries import (
    account,
    accounts,
    activities,
    call_plan,
    catalogue,
    conflicts,
    orders,
    samples,
    searching,
    suggestions,
    tasks,
    team,
    today,
)
from leora_desktop.replica.queries.registry import QUERIES, Viewer, as_json, describe, run

__all__ = [
    "QUERIES",
    "Viewer",
    "account",
    "accounts",
    "activities",
    "as_json",
    "call_plan",
    "catalogue",
    "conflicts",
    "describe",
    "orders",
    "run",
    "samples",
    "searching",
    "suggestions",
    "tasks",
    "team",
    "today",
]
