"""What schemathesis should not generate, because JSON Schema cannot say it."""

from typing import Any

import schemathesis


@schemathesis.hook
def map_body(_: schemathesis.HookContext, body: Any) -> Any:
    """Write a whole number as one: `60.0` is an integer to JSON Schema, but not to the gateway."""
    if isinstance(body, dict) and isinstance(body.get("ttl_seconds"), float) and body["ttl_seconds"].is_integer():
        return body | {"ttl_seconds": int(body["ttl_seconds"])}
    return body
