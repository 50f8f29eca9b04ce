"""Which of Redis' settings may be in `spec.config`, and which of them can only change by a restart.

Two tables of names. A name that is in neither is taken as one that CONFIG SET changes, so that settings of newer versions need no change
here; a name belongs here if any version from Redis 7.2 or Valkey 7.2 on cannot change it.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"[a-z][a-z0-9._-]{0,127}")

_NETWORK = "the sidecar alone talks to Redis, on the loopback address"
_USERS = "the sidecar makes Redis' users; narrow what a token may do with its claims scope and acl"
_FILES = "the operator decides where data are"
_MODULES = "modules and further files cannot be loaded"
_CLUSTER = "the members of an instance are no cluster; remove it"
_REPLICATION = "the members of an instance follow each other as spec.replicas says; write that"
_PROCESS = "Kubernetes runs the process and keeps its log"
_COMMANDS = "the sidecar decides which commands can be called"

_OWNED = {
    **dict.fromkeys("bind port protected-mode".split(), _NETWORK),
    **dict.fromkeys("requirepass masterauth masteruser user aclfile".split(), _USERS),
    **dict.fromkeys("dir appenddirname appendfilename dbfilename".split(), _FILES),
    **dict.fromkeys("include loadmodule".split(), _MODULES),
    **dict.fromkeys("replicaof slaveof".split(), _REPLICATION),
    **dict.fromkeys("daemonize pidfile logfile supervised".split(), _PROCESS),
    **dict.fromkeys("enable-debug-command enable-module-command enable-protected-configs rename-command".split(), _COMMANDS),
    **dict.fromkeys("appendonly save".split(), "write spec.persistence instead"),
    "databases": "an instance has database 0 only, and no command selects another",
    **dict.fromkeys("busy-reply-threshold lua-time-limit".split(), "write spec.limits.scriptTimeoutSeconds instead"),
    "maxmemory": "write spec.maxmemory instead",
    "maxmemory-policy": "write spec.evictionPolicy instead",
}
_OWNED_PREFIXES = {
    **dict.fromkeys("unixsocket tls- rdma-".split(), _NETWORK),
    **dict.fromkeys("min-replicas- min-slaves- replica- slave- repl-".split(), _REPLICATION),
    "cluster-": _CLUSTER,
}

START_ONLY = frozenset(
    """
    always-show-logo aof-rewrite-cpulist aof_rewrite_cpulist bgsave-cpulist bgsave_cpulist bio-cpulist bio_cpulist disable-thp
    hash-seed io-threads io-threads-do-reads lua-enable-deprecated-api lua-enable-insecure-api mptcp rdbchecksum
    server-cpulist server_cpulist set-proc-title socket-mark-id syslog-enabled syslog-facility syslog-ident tcp-backlog
    """.split()
)
"""Settings of a user that CONFIG SET refuses, in one version or another."""


def refusal(name: str) -> str | None:
    """Why `name` cannot be in `spec.config`, with what to do instead, or None if it can."""
    if not _NAME.fullmatch(name):
        return "it is not the name of a setting; write one as in redis.conf, in lower case"
    prefixes = (why for prefix, why in _OWNED_PREFIXES.items() if name.startswith(prefix))
    return _OWNED.get(name) or next(prefixes, None)
