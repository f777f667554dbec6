"""What the laptop holds: the replica, the outbox and the questions screens ask of them."""
