"""Accounts: who we sell to, how to reach and deliver to them, and how they are doing."""
