"""The search box as a query."""

from typing import Literal

from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.registry import Limit, Viewer, query
from leora_desktop.replica.search import Hit, search


@query("search")
def search_query(
    reader: Transaction,
    _viewer: Viewer,
    *,
    text: str,
    kind: Literal["account", "product", "contact"] | None = None,
    limit: Limit = 20,
) -> list[Hit]:
    """Accounts, products and contacts with all words, the last by its beginning; nothing below two letters."""
    return search(reader, text, limit, [kind] if kind else None)
