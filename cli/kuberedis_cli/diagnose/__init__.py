"""The command that says what is wrong and what helps: `doctor`. It observes, and judges by pure functions."""
