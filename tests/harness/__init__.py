"""What tests are built from: Redis servers, sidecars, operators, control planes, tokens, waiting."""
