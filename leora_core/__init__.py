"""What laptop and server share: the rules, the store beneath them, the words between them."""
