"""What a member does to its own Redis."""
