"""Mints hundreds of thousands of distinct tokens with PyJWT, on all cores, into files that wrk reads."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import jwt

from bench.contenders import BASE_PATH, INSTANCE

_SHORTEST_SECONDS = 3600


def distinct_tokens(folder: Path, key: str, path: str, *, files: int, tokens: int) -> Iterator[Path]:
    """Yields `files` files of `tokens` lines each, "path token", in order; all tokens differ."""
    write = partial(_write_tokens, folder, key, path, tokens)
    # Spawned, not forked, because this process has threads, such as the reporter's.
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(write, range(files))


def _write_tokens(folder: Path, key: str, path: str, tokens: int, number: int) -> Path:
    """Write one file; both the id and the expiry differ from token to token."""
    file = folder / f"tokens-{number}"
    expiry = int(time.time()) + _SHORTEST_SECONDS
    with file.open("w") as lines:
        for serial in range(number * tokens, (number + 1) * tokens):
            claims = {"aud": INSTANCE, "exp": expiry + serial, "jti": str(serial)}
            lines.write(f"{path} {jwt.encode(claims, key, 'HS256')}\n")
    return file


def distinct_grants(folder: Path, key: str, *, users: int) -> Path:
    """A file with one token per user, which permits the keys `user:N:*`, to request `user:N:name`."""
    file = folder / "grants"
    expiry = int(time.time()) + _SHORTEST_SECONDS
    with file.open("w") as lines:
        for user in range(users):
            claims = {"aud": INSTANCE, "exp": expiry, "acl": f"~user:{user}:*"}
            lines.write(f"{BASE_PATH}/keys/{grant_key(user)} {jwt.encode(claims, key, 'HS256')}\n")
    return file


def grant_key(user: int) -> str:
    """The key that a user of `distinct_grants` requests."""
    return f"user:{user}:name"
