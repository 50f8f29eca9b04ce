"""The commands about the program itself: its version, and the completion of its command lines."""
