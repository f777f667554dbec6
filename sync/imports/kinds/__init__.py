"""The kinds of file that can be imported, by name."""

from sync.imports.kinds.accounts import ACCOUNTS
from sync.imports.kinds.contacts import CONTACTS
from sync.imports.kinds.orders import ORDERS
from sync.imports.kinds.prices import PRICES
from sync.imports.kinds.products import PRODUCTS
from sync.imports.kinds.stock import STOCK
from sync.imports.planning import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (ACCOUNTS, CONTACTS, PRODUCTS, PRICES, STOCK, ORDERS)}
