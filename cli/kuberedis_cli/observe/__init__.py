"""The commands that show what happens to an instance: `logs` and `events`."""
