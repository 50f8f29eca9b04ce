"""Objects of the Kubernetes API as plain JSON."""

from __future__ import annotations

from typing import Any, TypeAlias

Body: TypeAlias = dict[str, Any]
"""One object: `apiVersion`, `kind`, `metadata` and what its kind has beside them."""
