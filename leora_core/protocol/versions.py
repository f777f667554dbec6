"""What this program speaks and still accepts."""

PROTOCOL = 1
OLDEST_PROTOCOL = 1
NEWEST_PROTOCOL = 1
