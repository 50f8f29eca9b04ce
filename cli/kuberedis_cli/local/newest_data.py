"""Which files of a data folder Redis has to start from: its persistence may have been another one before."""

from pathlib import Path

from kuberedis_core.crd.redis_config import SNAPSHOT
from kuberedis_core.crd.spec import Persistence

_INDEX = Path("appendonlydir/appendonly.aof.manifest")


def settings_to_load(data: Path, persistence: Persistence) -> dict[str, str]:
    """Settings of a start with the newest data, to be replaced by those of `persistence` once they are loaded; empty if there are none.

    Only `rdb` writes this snapshot, so one that is newer than the append-only file replaced it.
    """
    if persistence == "none":
        return {}
    snapshot, index = data / SNAPSHOT, data / _INDEX
    if index.exists() and not (snapshot.exists() and _is_newer(snapshot, index)):
        return {"appendonly": "yes"}
    return {"appendonly": "no", "dbfilename": SNAPSHOT} if snapshot.exists() else {}


def _is_newer(snapshot: Path, index: Path) -> bool:
    # A line has the form: file NAME seq NUMBER type LETTER.
    lines = (line.split() for line in index.read_text(encoding="utf-8", errors="replace").splitlines())
    listed = [index.parent / fields[1] for fields in lines if len(fields) > 1]
    written = snapshot.stat().st_mtime_ns
    return all(written > file.stat().st_mtime_ns for file in (index, *listed) if file.exists())
