"""Samples: a rep's stock as a ledger, what was poured or given to whom, and the monthly allowance."""
