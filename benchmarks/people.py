"""Who the made tenant knows; apart, so that a client need not load a server to name them."""

SLUG = "acme"
PASSWORD = "correct horse battery"
MANAGER, REP, OTHER_REP = "max@example.com", "ana@example.com", "ben@example.com"
