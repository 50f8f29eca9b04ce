"""What Redis takes and sends, as values and as text. Pure: no event loop, no connection, no time of day."""
