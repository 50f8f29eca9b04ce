"""What `*.example.com` stands for, for origins of web pages and for hosts of routes alike: one label in place of the `*`.

That is what a wildcard in an Ingress and in a certificate stands for (https://www.rfc-editor.org/rfc/rfc6125#section-6.4.3).
"""

from __future__ import annotations

WILDCARD = "*."


def host_matches(pattern: str, host: str) -> bool:
    """Whether `host`, in lower case, is `pattern`, or has one label in place of the `*` that `pattern` begins with."""
    if not pattern.startswith(WILDCARD):
        return pattern == host
    label, _, parent = host.partition(".")
    return bool(label) and parent == pattern.removeprefix(WILDCARD)
