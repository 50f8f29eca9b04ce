"""Distinct tokens by the hundred thousand, signed with PyJWT on every core, written to files that wrk reads."""

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
    """`files` files of `tokens` lines each, "path token", no two tokens alike, in the order they get ready."""
    write = partial(_write_tokens, folder, key, path, tokens)
    # Spawned, not forked: this process has threads, the reporter's among them.
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(write, range(files))


def _write_tokens(folder: Path, key: str, path: str, tokens: int, number: int) -> Path:
    """Both the id and the expiry differ from token to token."""
    file = folder / f"tokens-{number}"
    expiry = int(time.time()) + _SHORTEST_SECONDS
    with file.open("w") as lines:
        for serial in range(number * tokens, (number + 1) * tokens):
            claims = {"aud": INSTANCE, "exp": expiry + serial, "jti": str(serial)}
            lines.write(f"{path} {jwt.encode(claims, key, 'HS256')}\n")
    return file


def distinct_grants(folder: Path, key: str, *, users: int) -> Path:
    """One file with a token per user, who reaches the keys `user:N:*` and asks for `user:N:name`."""
    file = folder / "grants"
    expiry = int(time.time()) + _SHORTEST_SECONDS
    with file.open("w") as lines:
        for user in range(users):
            claims = {"aud": INSTANCE, "exp": expiry, "acl": f"~user:{user}:*"}
            lines.write(f"{BASE_PATH}/keys/{grant_key(user)} {jwt.encode(claims, key, 'HS256')}\n")
    return file


def grant_key(user: int) -> str:
    """The key that a user of `distinct_grants` asks for."""
    return f"user:{user}:name"
