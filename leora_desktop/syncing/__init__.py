"""The laptop's end of the conversation: sign-in, the exchange, the proof. No screen, no rules."""
