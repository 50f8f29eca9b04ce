"""Mutual TLS of the servers of several members: the files, and the settings that Redis and Sentinel have in common.

Source: https://redis.io/docs/latest/operate/oss_and_stack/management/security/encryption/
"""

from __future__ import annotations

CERTIFICATE_FILE = "tls.crt"
"""The members of a Secret of type kubernetes.io/tls, and so the files in the mounted folder: the certificate, …"""
PRIVATE_KEY_FILE = "tls.key"
"""… its private key, …"""
AUTHORITIES_FILE = "ca.crt"
"""… and all authorities whose certificates are accepted."""


def tls_settings(directory: str, port: int) -> dict[str, str]:
    """The settings of a server that others reach by TLS alone, and with a certificate of their own.

    Args:
        directory: folder with the three files.
        port: port to listen on.
    """
    return {
        "port": "0",
        "tls-port": str(port),
        "tls-cert-file": f"{directory}/{CERTIFICATE_FILE}",
        "tls-key-file": f"{directory}/{PRIVATE_KEY_FILE}",
        "tls-ca-cert-file": f"{directory}/{AUTHORITIES_FILE}",
        "tls-auth-clients": "yes",
        # Also for the connections that the server itself opens.
        "tls-replication": "yes",
        "tls-protocols": "TLSv1.3",
        "tls-session-caching": "no",
    }
