"""What of a spec is told in the status, and where its instance is reached. Pure."""

from __future__ import annotations
