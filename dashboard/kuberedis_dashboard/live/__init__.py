"""What keeps an open page up to date: one watch of the user's own for each stream."""
