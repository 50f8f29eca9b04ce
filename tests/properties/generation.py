"""What schemathesis should not generate: what the document cannot say, or does not for the sake of its readers."""

from typing import Any

import schemathesis


@schemathesis.hook
def map_body(_: schemathesis.HookContext, body: Any) -> Any:
    """Write a whole number as one: `60.0` is an integer to JSON Schema, but not to the gateway."""
    if isinstance(body, dict) and isinstance(body.get("ttl_seconds"), float) and body["ttl_seconds"].is_integer():
        return body | {"ttl_seconds": int(body["ttl_seconds"])}
    return body


@schemathesis.hook
def filter_body(_: schemathesis.HookContext, body: Any) -> bool:
    """Leave out numbers to be stored: they are taken, but the document has text only, for few generators of clients read several types."""
    stored = [body.get(name) for name in ("field", "value")] if isinstance(body, dict) else []
    return not any(isinstance(value, int | float) and not isinstance(value, bool) for value in stored)
