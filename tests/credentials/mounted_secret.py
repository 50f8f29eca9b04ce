"""A Secret as the kubelet mounts it."""

from pathlib import Path


class MountedSecret:
    """A folder that changes as the kubelet changes a mounted Secret: by replacing the symbolic link `..data` (AtomicWriter)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions = 0

    def put(self, **files: str) -> None:
        """Replace all files at once."""
        self._versions += 1
        version = self.folder / f"..version_{self._versions}"
        version.mkdir()
        for name, text in files.items():
            (version / name).write_text(text)
        link = self.folder / "..data_tmp"
        link.symlink_to(version.name)
        link.replace(self.folder / "..data")
        for name in files:
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(Path("..data") / name)
        for visible in self.folder.iterdir():
            if not visible.name.startswith("..") and visible.name not in files:
                visible.unlink()
