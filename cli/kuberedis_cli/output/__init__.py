"""How commands write: text for a person, JSON for a program."""
