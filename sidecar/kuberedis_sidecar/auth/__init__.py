"""Credentials: keys, tokens, and the grants that they carry."""
