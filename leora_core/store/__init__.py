"""The records written down: tables, statements, the unit of work, migrations. Knows no network and no screen."""
