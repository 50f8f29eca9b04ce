"""Real parts that tests are made of: Redis servers, sidecars, tokens, and waiting."""
