"""The distributor's business in plain Python: records, commands, handlers, rules. Standard library only."""
