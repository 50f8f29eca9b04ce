"""Three members have a certificate before they start; it is replaced step by step, and each step waits for what members report."""

import base64
from collections.abc import AsyncIterator

import pytest

from kuberedis_core.crd.names import FIELD_MANAGER, INSTANCE_LABEL, MANAGED_BY_LABEL, ROTATE_CA
from kuberedis_core.member_report import CertificatesReport
from kuberedis_operator.certificates.issuing import KeyPair
from kuberedis_operator.certificates.reading import fingerprint
from kuberedis_operator.resources import tls_secret
from kuberedis_operator.resources.kinds import CERTIFICATE, EVENT, INSTANCE, SECRET, STATEFUL_SET
from kuberedis_operator.resources.tls_secret import TlsFiles
from tests.harness.certificates import make_authority, make_leaf
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, apply, condition
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.replicated import STATEFUL_SET_KEY, Members
from tests.operator.handlers.running import Operator
from tests.operator.members import NAMES

pytestmark = pytest.mark.anyio

KEY = ObjectKey(INSTANCE, NAMESPACE, "my-cache")
TLS = ObjectKey(SECRET, NAMESPACE, "my-cache-tls")
AUTHORITY = ObjectKey(SECRET, NAMESPACE, "my-cache-ca")
CERTIFICATE_KEY = ObjectKey(CERTIFICATE, NAMESPACE, "my-cache")
NAME = "my-cache-headless.team-a.svc"


@pytest.fixture
async def members(api_server: ApiServer) -> AsyncIterator[Members]:
    """Members that answer, for an instance that a test applies."""
    async with Members(api_server.objects).running() as members:
        yield members


@pytest.fixture
async def operator(api_server: ApiServer, members: Members) -> AsyncIterator[Operator]:
    """An operator that asks those members."""
    async with Operator(api_server, members_port=members.port) as operator:
        yield operator


def files(objects: Objects) -> TlsFiles:
    return tls_secret.read(objects[TLS])


def follow(members: Members, objects: Objects, *names: str) -> None:
    """Have members use what the Secret holds, and say so."""
    found = files(objects)
    leaf = fingerprint(found.chain[0])
    report = CertificatesReport(redis=leaf, sentinel=leaf, client=leaf, trusted=tuple(map(fingerprint, found.authorities)))
    members.certificates.update(dict.fromkeys(names or NAMES, report))


async def has_tls(objects: Objects, reason: str, part: str = "") -> None:
    """Wait until the condition TLSReady has a reason and a part of a message."""

    def is_so() -> bool:
        found = condition(objects, KEY, "TLSReady")
        return found.get("reason") == reason and part in found["message"]

    await until(is_so, limit_seconds=20, what=f"TLSReady: {reason} {part}")


def secret_of(name: str, pair: KeyPair, authority: KeyPair, labels: dict[str, str] | None = None) -> dict[str, object]:
    texts = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": authority.certificate}
    data = {member: base64.b64encode(text.encode()).decode() for member, text in texts.items()}
    metadata = {"namespace": NAMESPACE, "name": name, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls", "data": data}


def reasons(objects: Objects) -> list[str]:
    return [objects[key]["reason"] for key in objects if key.kind == EVENT]


async def test_members_mount_a_certificate_and_never_the_key_of_the_authority(
    api_server: ApiServer, members: Members, operator: Operator
) -> None:
    objects = api_server.objects
    apply(objects, replicas=3)
    await has_tls(objects, "Valid")
    order = [key for key in objects if key in (AUTHORITY, TLS, STATEFUL_SET_KEY)]
    assert order == [AUTHORITY, TLS, STATEFUL_SET_KEY]
    template = str(objects[STATEFUL_SET_KEY]["spec"]["template"])
    assert TLS.name in template
    assert AUTHORITY.name not in template
    follow(members, objects)
    status = objects[KEY]["status"]["tls"]
    assert sorted(status) == ["caNotAfter", "notAfter"]
    await until(lambda: "CertificateIssued" in reasons(objects), what="the Event")
    before = objects[TLS], objects[AUTHORITY]
    await operator.reconcile_again(KEY)
    assert (objects[TLS], objects[AUTHORITY]) == before


async def test_one_member_has_no_certificate(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    apply(objects)
    await until(lambda: STATEFUL_SET_KEY in list(objects), what="the StatefulSet")
    await operator.reconcile_again(KEY)
    assert TLS not in list(objects)
    assert AUTHORITY not in list(objects)
    assert condition(objects, KEY, "TLSReady") == {}


async def test_a_requested_rotation_takes_each_step_only_on_proof(api_server: ApiServer, members: Members, operator: Operator) -> None:
    objects = api_server.objects
    apply(objects, replicas=3)
    await has_tls(objects, "Valid")
    follow(members, objects)
    old = files(objects)
    objects.edit(KEY, {"metadata": {"annotations": {ROTATE_CA: "now"}}})
    await has_tls(objects, "RotatingCA", "waiting for my-cache-0, my-cache-1, my-cache-2 to trust the new authority")
    assert (files(objects).chain, len(files(objects).authorities)) == (old.chain, 2)
    follow(members, objects, *NAMES[:2])
    await has_tls(objects, "RotatingCA", "waiting for my-cache-2 to trust")
    await operator.reconcile_again(KEY)
    assert files(objects).chain == old.chain
    follow(members, objects)
    await has_tls(objects, "RotatingCA", "waiting for my-cache-0, my-cache-1, my-cache-2 to present")
    assert (files(objects).chain != old.chain, len(files(objects).authorities)) == (True, 2)
    assert objects[KEY]["status"]["tls"]["rotation"] == {"request": "now", "phase": "ReplacingCertificate"}
    follow(members, objects)
    await has_tls(objects, "Valid")
    assert objects[KEY]["status"]["tls"]["rotation"] == {"request": "now", "phase": "Complete"}
    assert not set(files(objects).authorities) & set(old.authorities)
    await until(lambda: reasons(objects).count("CARotated") == 1, what="the Event")
    assert reasons(objects).count("RotatingCA") == 2


async def test_an_authority_that_was_deleted_is_replaced_without_cutting_members_off(
    api_server: ApiServer, members: Members, operator: Operator
) -> None:
    objects = api_server.objects
    apply(objects, replicas=3)
    await has_tls(objects, "Valid")
    follow(members, objects)
    old = files(objects)
    objects.delete(AUTHORITY)
    await has_tls(objects, "RotatingCA", "to trust")
    assert (files(objects).chain, len(files(objects).authorities)) == (old.chain, 2)
    assert operator.reconciles("fault") == 0


async def test_a_certificate_that_was_deleted_is_made_again_by_the_same_authority(
    api_server: ApiServer, members: Members, operator: Operator
) -> None:
    objects = api_server.objects
    apply(objects, replicas=3)
    await has_tls(objects, "Valid")
    follow(members, objects)
    old = files(objects)
    objects.delete(TLS)
    await has_tls(objects, "Renewing", "waiting for my-cache-0, my-cache-1, my-cache-2 to present the new certificate")
    assert (files(objects).chain != old.chain, files(objects).authorities) == (True, old.authorities)
    follow(members, objects)
    await operator.reconcile_again(KEY)
    await has_tls(objects, "Valid")


@pytest.mark.parametrize("member", ["ca.crt", "tls.crt", "tls.key"])
async def test_a_secret_that_somebody_edited_is_put_right(api_server: ApiServer, members: Members, operator: Operator, member: str) -> None:
    objects = api_server.objects
    apply(objects, replicas=3)
    await has_tls(objects, "Valid")
    follow(members, objects)
    old = files(objects)
    objects.edit(TLS, {"data": {member: base64.b64encode(b"nothing").decode()}})
    await until(lambda: base64.b64decode(objects[TLS]["data"][member]) != b"nothing", what="the Secret")
    assert files(objects).authorities == old.authorities
    assert operator.reconciles("fault") == 0


async def test_members_wait_for_cert_manager(api_server: ApiServer, operator: Operator) -> None:
    objects = api_server.objects
    apply(objects, replicas=3, tls={"mode": "CertManager", "issuerRef": {"name": "issuer"}})
    await has_tls(objects, "CertificateInvalid", "cert-manager has not issued Certificate my-cache yet")
    assert STATEFUL_SET_KEY not in list(objects)
    spec = objects[CERTIFICATE_KEY]["spec"]
    assert (spec["secretName"], spec["dnsNames"][0], spec["issuerRef"]["kind"]) == ("my-cache-cert-manager", NAME, "Issuer")
    objects.edit(CERTIFICATE_KEY, {"status": {"conditions": [{"type": "Ready", "status": "False", "message": "issuer not found"}]}})
    await has_tls(objects, "CertificateInvalid", "issuer not found")
    authority = make_authority()
    leaf = make_leaf(authority, spec["dnsNames"])
    objects.create(SECRET, secret_of("my-cache-cert-manager", leaf, authority, spec["secretTemplate"]["labels"]))
    await until(lambda: STATEFUL_SET_KEY in list(objects), what="the StatefulSet")
    assert files(objects).pair == leaf
    assert spec["secretTemplate"]["labels"].items() >= {MANAGED_BY_LABEL: FIELD_MANAGER, INSTANCE_LABEL: "my-cache"}.items()
    assert operator.reconciles("fault") == 0


async def test_a_certificate_of_the_user_s_own_is_checked_before_members_get_it(api_server: ApiServer, operator: Operator) -> None:
    objects, authority = api_server.objects, make_authority()
    apply(objects, replicas=3, tls={"mode": "Secret", "secretName": "own"})
    await has_tls(objects, "CertificateInvalid", "Secret own: it does not exist")
    objects.create(SECRET, secret_of("own", make_leaf(authority, ["www.example.com"]), authority))
    await operator.reconcile_again(KEY)
    await has_tls(objects, "CertificateInvalid", f"does not name {NAME}")
    assert TLS not in list(objects)
    leaf = make_leaf(authority, [NAME])
    objects.edit(ObjectKey(SECRET, NAMESPACE, "own"), secret_of("own", leaf, authority))
    await operator.reconcile_again(KEY)
    await until(lambda: STATEFUL_SET_KEY in list(objects), what="the StatefulSet")
    assert files(objects).pair == leaf
    assert AUTHORITY not in list(objects)


async def test_a_bad_replacement_leaves_members_with_the_certificate_before(api_server: ApiServer, operator: Operator) -> None:
    objects, authority = api_server.objects, make_authority()
    objects.create(SECRET, secret_of("own", make_leaf(authority, [NAME]), authority))
    apply(objects, replicas=3, tls={"mode": "Secret", "secretName": "own"})
    await has_tls(objects, "Valid")
    before = files(objects)
    objects.edit(ObjectKey(SECRET, NAMESPACE, "own"), secret_of("own", make_leaf(make_authority(), [NAME]), authority))
    await operator.reconcile_again(KEY)
    await has_tls(
        objects, "CertificateInvalid", "no authority in ca.crt issued the certificate in tls.crt; the certificate before is valid until"
    )
    assert files(objects) == before
    await until(lambda: "CertificateInvalid" in reasons(objects), what="the Event")


async def test_somebody_else_s_secret_of_that_name_is_neither_changed_nor_mounted(api_server: ApiServer, operator: Operator) -> None:
    objects, authority = api_server.objects, make_authority()
    foreign = objects.create(SECRET, secret_of(TLS.name, make_leaf(authority, [NAME]), authority))
    apply(objects, replicas=3)
    await until(lambda: condition(objects, KEY, "NameConflict").get("status") == "True", what="the condition")
    assert TLS.name in condition(objects, KEY, "NameConflict")["message"]
    assert objects[TLS] == foreign
    assert not any(key.kind == STATEFUL_SET for key in objects)
    assert operator.reconciles("fault") == 0
