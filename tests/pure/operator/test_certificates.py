"""Certificates of members: what is made, what is accepted of others, and when each is replaced."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from kuberedis_core.crd.names import ROTATE_CA
from kuberedis_operator.certificates.issuing import AUTHORITY_LIFETIME, LEAF_LIFETIME, KeyPair, new_authority, new_leaf
from kuberedis_operator.certificates.reading import fingerprint, is_expiring, issuer_of, names_of, obstacle, parse, renewal_time
from kuberedis_operator.instance.certificate_source import next_authority
from kuberedis_operator.resources import authority_secret, tls_secret
from kuberedis_operator.resources.authority_secret import Authority
from kuberedis_operator.resources.tls_secret import TlsFiles
from kuberedis_operator.topology import tls_names
from kuberedis_operator.topology.topology import Topology
from tests.harness.certificates import CLIENT_ONLY, SERVER_ONLY, make_authority, make_leaf
from tests.operator.rendering import instance, topology

NOW = datetime.now(UTC).replace(microsecond=0)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NAME = "my-cache-headless.team-a.svc"
AUTHORITY = new_authority("my-cache", NOW)
LEAF = new_leaf(AUTHORITY, [NAME], ["10.0.0.1"], NOW)


def certificate(pair: KeyPair) -> x509.Certificate:
    return parse(pair.certificate)[0]


def replicated(annotations: dict[str, str] | None = None) -> Topology:
    made = topology(replace(instance(replicas=3), annotations=annotations or {}))
    return made.with_addresses({f"my-cache-{number}": f"10.0.0.{number}" for number in range(3)})


def test_a_certificate_lasts_ninety_days_and_begins_an_hour_ago() -> None:
    leaf = certificate(LEAF)
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (NOW - HOUR, NOW + LEAF_LIFETIME)


@pytest.mark.parametrize("left", [80 * DAY, 10 * DAY, DAY])
def test_a_certificate_never_outlives_its_authority(left: timedelta) -> None:
    later = NOW + AUTHORITY_LIFETIME - left
    leaf = certificate(new_leaf(AUTHORITY, [NAME], [], later))
    assert leaf.not_valid_after_utc == certificate(AUTHORITY).not_valid_after_utc


def test_a_certificate_is_for_every_address_of_a_member() -> None:
    several = replicated()
    assert {*tls_names.names_of(several), *tls_names.addresses_of(several)} == {
        *(NAME, f"*.{NAME}", "my-cache-0.team-a.svc", "my-cache-1.team-a.svc", "my-cache-2.team-a.svc", "localhost"),
        *("10.0.0.0", "10.0.0.1", "10.0.0.2", "127.0.0.1", "::1"),
    }


def test_a_certificate_of_an_authority_made_by_an_instance_of_the_longest_name_can_be_read() -> None:
    authority = new_authority("a" * 50, NOW)
    leaf = new_leaf(authority, [f"{'a' * 50}-headless.{'b' * 63}.svc"], ["::1"], NOW)
    assert issuer_of(parse(leaf.certificate), parse(authority.certificate)) == certificate(authority)
    assert names_of(certificate(leaf)) == {f"{'a' * 50}-headless.{'b' * 63}.svc", "::1"}


def intermediate() -> tuple[KeyPair, KeyPair, KeyPair]:
    """A root, an intermediate authority, and the certificate that this issued, with the intermediate one behind it."""
    middle = make_authority("middle")
    leaf = make_leaf(middle, [NAME])
    return make_authority("root"), middle, KeyPair(leaf.certificate + middle.certificate, leaf.key)


GOOD = make_authority()
OBSTACLES: dict[str, tuple[Callable[[], KeyPair], KeyPair, str]] = {
    "good": (lambda: make_leaf(GOOD, [NAME]), GOOD, ""),
    "key of another": (lambda: KeyPair(make_leaf(GOOD, [NAME]).certificate, LEAF.key), GOOD, "tls.key is not the key"),
    "key that is none": (lambda: KeyPair(make_leaf(GOOD, [NAME]).certificate, "key"), GOOD, "tls.key is not the key"),
    "foreign authority": (lambda: make_leaf(make_authority(), [NAME]), GOOD, "no authority in ca.crt issued"),
    "intermediate without its root": (lambda: intermediate()[2], GOOD, "no authority in ca.crt issued"),
    "issued by a certificate that is no authority": (lambda: make_leaf(LEAF, [NAME]), LEAF, "no authority in ca.crt issued"),
    "expired": (lambda: make_leaf(GOOD, [NAME], begins=-2 * DAY, ends=-DAY), GOOD, "the certificate expired at"),
    "not yet valid": (lambda: make_leaf(GOOD, [NAME], begins=DAY, ends=2 * DAY), GOOD, "the certificate is not valid before"),
    "for clients only": (lambda: make_leaf(GOOD, [NAME], usages=CLIENT_ONLY), GOOD, "not for server auth;"),
    "for servers only": (lambda: make_leaf(GOOD, [NAME], usages=SERVER_ONLY), GOOD, "not for client auth;"),
    "another instance": (lambda: make_leaf(GOOD, ["other-headless.team-a.svc"]), GOOD, f"does not name {NAME}"),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_keeps_a_certificate_from_being_used(name: str) -> None:
    make, authority, expected = OBSTACLES[name]
    pair = make()
    found = obstacle(parse(pair.certificate), pair.key, parse(authority.certificate), NAME, datetime.now(UTC))
    assert found.startswith(expected) if not expected.startswith(("not for", "does not")) else expected in found
    assert bool(found) == bool(expected)


def test_an_intermediate_authority_leads_to_one_that_is_trusted() -> None:
    _, middle, pair = intermediate()
    chain = parse(pair.certificate)
    assert issuer_of(chain, parse(middle.certificate)) == chain[1]
    assert issuer_of(chain[:1], parse(GOOD.certificate)) is None


@pytest.mark.parametrize("text", ["", "nothing", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", LEAF.certificate * 17])
def test_text_that_holds_no_certificates_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text)


def test_renewals_are_due_at_two_thirds_and_spread() -> None:
    due = [renewal_time(certificate(new_leaf(AUTHORITY, [NAME], [], NOW))) - NOW for _ in range(20)]
    assert all(54 * DAY < each <= 60 * DAY for each in due)
    assert len(set(due)) > 1


@pytest.mark.parametrize(("left", "expected"), [(10 * DAY, False), (8 * DAY, True), (-DAY, True)])
def test_a_certificate_is_expiring_when_a_tenth_of_its_life_is_left(left: timedelta, expected: bool) -> None:
    leaf = certificate(LEAF)
    assert is_expiring(leaf, leaf.not_valid_after_utc, leaf.not_valid_after_utc - left) is expected


def rsa_authority() -> KeyPair:
    """An authority of the user's own making, in place of the operator's."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + DAY)
    certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM).decode(), text.decode())


FILES = TlsFiles.of(LEAF, parse(AUTHORITY.certificate))
CHANGING = TlsFiles.of(LEAF, [*parse(AUTHORITY.certificate), *parse(GOOD.certificate)])
RSA_AUTHORITY = rsa_authority()
BROKEN = KeyPair(AUTHORITY.certificate, "key")


@pytest.mark.parametrize(
    ("current", "present", "request_text", "later", "is_kept"),
    [
        (None, None, "", timedelta(0), False),
        (Authority(AUTHORITY), FILES, "", timedelta(0), True),
        (Authority(AUTHORITY), FILES, "", AUTHORITY_LIFETIME - 366 * DAY, True),
        (Authority(AUTHORITY), FILES, "", AUTHORITY_LIFETIME - 364 * DAY, False),
        (Authority(AUTHORITY), CHANGING, "", AUTHORITY_LIFETIME - 364 * DAY, True),
        (Authority(AUTHORITY), CHANGING, "", AUTHORITY_LIFETIME, False),
        (Authority(AUTHORITY, "one"), FILES, "one", timedelta(0), True),
        (Authority(AUTHORITY, "one"), FILES, "two", timedelta(0), False),
        (Authority(AUTHORITY, "one"), CHANGING, "two", timedelta(0), True),
        (Authority(AUTHORITY, "one"), None, "two", timedelta(0), False),
        (Authority(BROKEN), FILES, "", timedelta(0), False),
        (Authority(KeyPair("nothing", AUTHORITY.key)), FILES, "", timedelta(0), False),
        (Authority(LEAF), FILES, "", timedelta(0), False),
        (Authority(RSA_AUTHORITY), FILES, "", timedelta(0), False),
    ],
    ids=[
        *("none", "kept", "more than a year left", "a year left", "a year left while members change", "expired"),
        *(
            "handled",
            "requested",
            "requested while members change",
            "requested before there are members",
            "broken key",
            "broken",
            "no authority",
            "RSA",
        ),
    ],
)
def test_the_next_authority(
    current: Authority | None, present: TlsFiles | None, request_text: str, later: timedelta, is_kept: bool
) -> None:
    annotations = {ROTATE_CA: request_text} if request_text else {}
    after = next_authority(current, present, replicated(annotations), NOW + later)
    assert (after == current) is is_kept
    if not is_kept:
        assert after.request == request_text
        assert certificate(after.pair).not_valid_after_utc == NOW + later + AUTHORITY_LIFETIME


def test_an_authority_survives_its_secret() -> None:
    authority = Authority(AUTHORITY, "one")
    assert authority_secret.read(authority_secret.build(replicated(), authority)) == authority
    assert authority_secret.read({"metadata": {}, "data": {}}) is None


def test_the_files_of_members_survive_their_secret() -> None:
    body = tls_secret.build(replicated(), CHANGING)
    assert (body["type"], sorted(body["data"])) == ("kubernetes.io/tls", ["ca.crt", "tls.crt", "tls.key"])
    assert tls_secret.read(body) == CHANGING


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("tls.key", None, "tls.key is missing"),
        ("ca.crt", "bm90aGluZw==", "ca.crt holds no certificates"),
        ("tls.crt", "%", "tls.crt is missing"),
    ],
)
def test_a_secret_that_cannot_be_used_says_why(member: str, value: str | None, reason: str) -> None:
    body = tls_secret.build(replicated(), FILES)
    body["data"][member] = value
    with pytest.raises(ValueError, match=reason):
        tls_secret.read(body)


def test_no_key_is_shown() -> None:
    assert LEAF.key not in repr(FILES)
    assert AUTHORITY.key not in repr(Authority(AUTHORITY))


def test_the_bundle_holds_each_authority_once_in_one_order() -> None:
    authorities = [*parse(GOOD.certificate), *parse(AUTHORITY.certificate), *parse(GOOD.certificate)]
    expected = sorted(map(fingerprint, authorities[:2]))
    assert list(map(fingerprint, TlsFiles.of(LEAF, authorities).authorities)) == expected
