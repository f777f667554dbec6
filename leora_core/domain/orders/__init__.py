"""Orders as history: what was delivered, for classification, health and suggestions."""
