"""What laptop and server say to each other: command payloads, rows, checksums, the chain."""
