"""What a sidecar does with the files of a mounted certificate before it uses them."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from kuberedis_operator.certificates.issuing import KeyPair
from kuberedis_sidecar.redis.tls import MemberTls, NoCertificate
from tests.harness.certificates import CLIENT_ONLY, DAY, SERVER_ONLY, MountedSecret, fingerprint_of, make_authority, make_leaf

AUTHORITY, OTHER = make_authority(), make_authority()
LEAF = make_leaf(AUTHORITY)


@pytest.fixture
def secret(tmp_path: Path) -> MountedSecret:
    return MountedSecret(tmp_path / "tls")


def load(secret: MountedSecret) -> MemberTls:
    return MemberTls(secret.folder, "test-cache")


def test_a_good_certificate_is_used(secret: MountedSecret) -> None:
    secret.write(LEAF, AUTHORITY, OTHER)
    files = load(secret).files
    assert files is not None
    assert (files.fingerprint, files.trusted) == (fingerprint_of(LEAF), tuple(sorted(map(fingerprint_of, (AUTHORITY, OTHER)))))
    assert files.server_name == "test-cache-headless.team-a.svc"


BAD: dict[str, tuple[Callable[[], tuple[KeyPair, KeyPair]], str]] = {
    "key of another": (lambda: (KeyPair(LEAF.certificate, make_leaf(AUTHORITY).key), AUTHORITY), "KEY_VALUES_MISMATCH"),
    "foreign authority": (lambda: (LEAF, OTHER), "unable to get local issuer certificate"),
    "expired": (lambda: (make_leaf(AUTHORITY, begins=-2 * DAY, ends=-DAY), AUTHORITY), "certificate has expired"),
    "not yet valid": (lambda: (make_leaf(AUTHORITY, begins=DAY, ends=2 * DAY), AUTHORITY), "certificate is not yet valid"),
    "for clients only": (lambda: (make_leaf(AUTHORITY, usages=CLIENT_ONLY), AUTHORITY), "unsuitable certificate purpose"),
    "for servers only": (lambda: (make_leaf(AUTHORITY, usages=SERVER_ONLY), AUTHORITY), "unsuitable certificate purpose"),
    "another instance": (lambda: (make_leaf(AUTHORITY, ["other-headless.team-a.svc"]), AUTHORITY), "begins with test-cache-headless."),
    "no certificate": (lambda: (KeyPair("", LEAF.key), AUTHORITY), "cannot be used"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_refused_and_the_one_before_is_kept(secret: MountedSecret, name: str) -> None:
    make, reason = BAD[name]
    pair, authority = make()
    secret.write(LEAF, AUTHORITY)
    tls = load(secret)
    context = tls.context()
    secret.write(pair, authority)
    assert not tls.reload()
    assert not tls.reload(), "it is not tried again at once"
    assert (tls.context(), tls.failures) == (context, 1)
    with pytest.raises(NoCertificate, match=reason):
        load(secret).context()


def test_no_text_of_a_refusal_holds_the_key(secret: MountedSecret) -> None:
    secret.write_files({"tls.crt": LEAF.certificate, "tls.key": LEAF.key.replace("A", "B"), "ca.crt": AUTHORITY.certificate})
    with pytest.raises(NoCertificate) as refusal:
        load(secret).context()
    assert not any(line in str(refusal.value) for line in LEAF.key.splitlines() if line)


def test_a_missing_file_is_named(secret: MountedSecret) -> None:
    with pytest.raises(NoCertificate, match=r"tls\.crt: No such file"):
        load(secret).context()


def test_a_new_version_is_used_for_new_connections(secret: MountedSecret) -> None:
    secret.write(LEAF, AUTHORITY)
    tls = load(secret)
    before = tls.context()
    assert not tls.reload()
    after = make_leaf(OTHER)
    secret.write(after, AUTHORITY, OTHER)
    assert tls.reload()
    assert tls.context() is not before
    assert tls.files is not None
    assert tls.files.fingerprint == fingerprint_of(after)


def test_a_file_that_is_corrected_is_read_at_once(secret: MountedSecret) -> None:
    secret.write(LEAF, OTHER)
    tls = load(secret)
    (secret.folder / "ca.crt").write_text(AUTHORITY.certificate)
    assert tls.reload()


def connect(secret: MountedSecret, server_pair: KeyPair, tmp_path: Path) -> str:
    """Connect to a server on an IP address, and return the name that was asked for."""
    asked: list[str | None] = []

    def note_name(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        asked.append(name)

    async def run() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for suffix, text in (("crt", server_pair.certificate), ("key", server_pair.key)):
            (tmp_path / f"server.{suffix}").write_text(text)
        context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
        context.sni_callback = note_name
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", ssl=context)
        async with server:
            port = server.sockets[0].getsockname()[1]
            _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=load(secret).context())
            writer.close()

    asyncio.run(run())
    return str(asked[0])


def test_a_peer_is_known_by_the_name_of_the_instance_at_any_address(secret: MountedSecret, tmp_path: Path) -> None:
    secret.write(LEAF, AUTHORITY)
    assert connect(secret, make_leaf(AUTHORITY), tmp_path) == "test-cache-headless.team-a.svc"


@pytest.mark.parametrize("name", ["other-headless.team-a.svc", "test-cache-headless.team-b.svc"])
def test_another_instance_of_a_shared_authority_is_refused(secret: MountedSecret, tmp_path: Path, name: str) -> None:
    secret.write(LEAF, AUTHORITY)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        connect(secret, make_leaf(AUTHORITY, [name, "127.0.0.1"]), tmp_path)
