"""The commands that reach an instance's Redis: its address and credential for a program (`env`), and a console for a person (`cli`)."""
