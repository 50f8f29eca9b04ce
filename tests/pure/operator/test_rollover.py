"""The steps from one certificate to the next, as a table: no member is ever cut off from the others."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kuberedis_core.member_report import CertificatesReport
from kuberedis_operator.certificates.issuing import KeyPair, new_authority, new_leaf
from kuberedis_operator.certificates.reading import fingerprint, parse
from kuberedis_operator.certificates.rollover import Published, Reports, Step, Wanted, next_step
from kuberedis_operator.instance.certificate_keeper import next_files
from kuberedis_operator.instance.certificate_source import Source
from kuberedis_operator.resources.tls_secret import TlsFiles

OLD, NEW, BOTH = frozenset({"old"}), frozenset({"new"}), frozenset({"old", "new"})
STEADY = Published(leaf="a", issuer="old", authorities=OLD)
TRUSTING = Published(leaf="a", issuer="old", authorities=BOTH)
REPLACED = Published(leaf="b", issuer="new", authorities=BOTH)
SAME = Wanted(leaf="a", authorities=OLD)
RENEWAL = Wanted(leaf=None, authorities=OLD)
ROTATION = Wanted(leaf=None, authorities=NEW)
REPLACEMENT = Wanted(leaf="b", authorities=NEW)


def using(leaf: str, *trusted: str, **parts: str) -> CertificatesReport:
    return CertificatesReport(**{"redis": leaf, "sentinel": leaf, "client": leaf, **parts}, trusted=trusted)


def reports(*each: CertificatesReport | None) -> Reports:
    return {f"my-cache-{ordinal}": report for ordinal, report in enumerate(each)}


OF_OLD = [using("a", "old")] * 3
OF_BOTH = [using("a", "old", "new")] * 3
OF_NEW = [using("b", "old", "new")] * 3


@pytest.mark.parametrize(
    ("published", "wanted", "members", "expected"),
    [
        (None, RENEWAL, reports(None, None, None), Step.PRESENT),
        (STEADY, SAME, reports(*OF_OLD), Step.KEEP),
        (STEADY, SAME, reports(None, None, None), Step.KEEP),
        (STEADY, RENEWAL, reports(*OF_OLD), Step.PRESENT),
        (STEADY, RENEWAL, reports(None, None, None), Step.PRESENT),
        (STEADY, ROTATION, reports(*OF_OLD), Step.TRUST),
        (STEADY, REPLACEMENT, reports(None, None, None), Step.TRUST),
        (TRUSTING, ROTATION, reports(*OF_OLD), Step.WAIT_FOR_TRUST),
        (TRUSTING, ROTATION, reports(*OF_BOTH[:2], OF_OLD[0]), Step.WAIT_FOR_TRUST),
        (TRUSTING, ROTATION, reports(*OF_BOTH[:2], None), Step.WAIT_FOR_TRUST),
        (TRUSTING, ROTATION, reports(*OF_BOTH), Step.PRESENT),
        (TRUSTING, REPLACEMENT, reports(*OF_BOTH), Step.PRESENT),
        (replace(TRUSTING, expiring=True), ROTATION, reports(*OF_BOTH[:2], None), Step.PRESENT),
        (replace(STEADY, expiring=True), ROTATION, reports(None, None, None), Step.TRUST),
        (REPLACED, REPLACEMENT, reports(*OF_BOTH), Step.WAIT_FOR_PRESENTATION),
        (REPLACED, REPLACEMENT, reports(*OF_NEW[:2], None), Step.WAIT_FOR_PRESENTATION),
        (REPLACED, REPLACEMENT, reports(*OF_NEW[:2], using("b", "old", "new", sentinel="a")), Step.WAIT_FOR_PRESENTATION),
        (REPLACED, REPLACEMENT, reports(*OF_NEW[:2], using("b", "old", "new", client="")), Step.WAIT_FOR_PRESENTATION),
        (REPLACED, REPLACEMENT, reports(*OF_NEW), Step.RETIRE),
        (Published(leaf="b", issuer="new", authorities=NEW), REPLACEMENT, reports(*OF_NEW), Step.KEEP),
        (REPLACED, Wanted(leaf=None, authorities=NEW), reports(*OF_NEW), Step.PRESENT),
        (REPLACED, Wanted(leaf=None, authorities=frozenset({"third"})), reports(*OF_NEW), Step.TRUST),
        (replace(STEADY, issuer=""), ROTATION, reports(*OF_OLD), Step.TRUST),
    ],
    ids=[
        *("first", "steady", "steady, nobody answers", "renewal", "renewal, nobody answers", "new authority", "nobody answers"),
        *(
            "trusted by none",
            "trusted by two",
            "one does not answer",
            "trusted by all",
            "issued elsewhere",
            "expiring",
            "expiring, untrusted",
        ),
        *("presented by none", "one gone", "old Sentinel", "no client", "presented by all", "done", "renewal meanwhile", "third", "orphan"),
    ],
)
def test_the_next_step(published: Published | None, wanted: Wanted, members: Reports, expected: Step) -> None:
    assert next_step(published, wanted, members) is expected


NOW = datetime.now(UTC)
NAME = "my-cache-headless.team-a.svc"


class Rotation:
    """A Secret, and members that use what it holds one after the other."""

    def __init__(self, old: KeyPair) -> None:
        self.files = TlsFiles.of(new_leaf(old, [NAME], [], NOW), parse(old.certificate))
        self.used = {f"my-cache-{ordinal}": self.files for ordinal in range(3)}

    def reports(self) -> Mapping[str, CertificatesReport | None]:
        return {name: self._report(files) for name, files in self.used.items()}

    def _report(self, files: TlsFiles) -> CertificatesReport:
        return using(fingerprint(files.chain[0]), *map(fingerprint, files.authorities))

    def step(self, authority: KeyPair, now: datetime) -> Step:
        [certificate] = parse(authority.certificate)
        is_issued = self.files.chain[0].issuer == certificate.subject
        source = Source((certificate,), self.files.pair if is_issued else None, lambda: new_leaf(authority, [NAME], [], now))
        self.files, step = next_files(self.files, source, self.reports(), now)
        return step

    def can_talk(self) -> bool:
        """Whether every member trusts what every other one presents."""
        every = list(self.used.values())
        return all({one.chain[0].issuer} & {each.subject for each in other.authorities} for one in every for other in every)


def test_members_that_follow_in_any_order_can_always_talk() -> None:
    old, new = new_authority("my-cache", NOW), new_authority("my-cache", NOW)
    rotation = Rotation(old)
    steps = []
    for name in ("my-cache-2", "my-cache-0", "my-cache-1") * 4:
        steps.append(rotation.step(new, NOW))
        rotation.used[name] = rotation.files
        assert rotation.can_talk()
    changes = [step for step in steps if step in (Step.TRUST, Step.PRESENT, Step.RETIRE)]
    assert changes == [Step.TRUST, Step.PRESENT, Step.RETIRE]
    assert rotation.files.authorities == parse(new.certificate)


def test_an_authority_that_is_lost_twice_is_replaced_like_any() -> None:
    old, new, newest = (new_authority("my-cache", NOW) for _ in range(3))
    rotation = Rotation(old)
    rotation.step(new, NOW)
    for name in ("my-cache-0", "my-cache-1", "my-cache-2") * 4:
        rotation.step(newest, NOW)
        rotation.used[name] = rotation.files
        assert rotation.can_talk()
    assert rotation.files.authorities == parse(newest.certificate)


def test_a_member_that_is_down_does_not_let_the_certificate_of_the_others_expire() -> None:
    old, new = new_authority("my-cache", NOW), new_authority("my-cache", NOW)
    rotation = Rotation(old)
    del rotation.used["my-cache-2"]
    rotation.step(new, NOW)
    gone: Reports = {**rotation.reports(), "my-cache-2": None}
    soon = rotation.files.ends_at - timedelta(days=5)
    source = Source(parse(new.certificate), None, lambda: new_leaf(new, [NAME], [], soon))
    assert next_files(rotation.files, source, gone, NOW)[1] is Step.WAIT_FOR_TRUST
    assert next_files(rotation.files, source, gone, soon)[1] is Step.PRESENT
