"""A folder with one folder of photographs for each class: what is in it, without decoding it.

Classes are numbered by the code points of their names, files likewise, whatever order the file
system lists them in; so every machine and every run gives a class the same number.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int32]
OnUnreadable = Literal["raise", "skip"]

_EXTENSIONS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png")
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class FolderError(ValueError):
    """A folder of photographs is not what it should be; the message says what and where."""


@dataclass(frozen=True)
class FolderIndex:
    """The photographs of a folder and their labels, in a fixed order; nothing is decoded yet.

    Attributes:
        root: the folder.
        class_names: the names of the class folders; a label is an index into it.
        paths: one for each photograph.
        labels: int32, one for each photograph.
        groups: files with the same bytes carry the same number.
        passed_over: files that are no photographs, such as a licence.
        skipped: photographs left out because they can't be read, with the reason.
    """

    root: Path
    class_names: tuple[str, ...]
    paths: tuple[Path, ...]
    labels: Labels
    groups: npt.NDArray[np.intp]
    passed_over: tuple[Path, ...] = ()
    skipped: tuple[tuple[Path, str], ...] = field(default=())

    def __len__(self) -> int:
        """Return the number of photographs."""
        return len(self.paths)

    @property
    def duplicates(self) -> list[list[Path]]:
        """Groups of two or more byte-identical files."""
        members = defaultdict(list)
        for path, group in zip(self.paths, self.groups.tolist(), strict=True):
            members[group].append(path)
        return [paths for paths in members.values() if len(paths) > 1]

    @property
    def conflicts(self) -> list[list[Path]]:
        """Those of the duplicates that stand in more than one class: one photograph, two labels."""
        label = dict(zip(self.paths, self.labels.tolist(), strict=True))
        return [paths for paths in self.duplicates if len({label[path] for path in paths}) > 1]

    def without(self, unreadable: dict[int, str]) -> FolderIndex:
        """Return the index without these rows (with the reasons why), labels and all."""
        keep = [row for row in range(len(self)) if row not in unreadable]
        return replace(
            self,
            paths=tuple(self.paths[row] for row in keep),
            labels=self.labels[keep],
            groups=self.groups[keep],
            skipped=self.skipped + tuple((self.paths[r], why) for r, why in unreadable.items()),
        )

    def describe(self) -> str:
        """Return what was found, line by line: counts, what was left out, identical files."""
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        named = ", ".join(
            f"{label} {name} ({n})"
            for label, (name, n) in enumerate(zip(self.class_names, counts, strict=True))
        )
        lines = [f"{len(self)} photographs in {len(self.class_names)} classes: {named}"]
        if self.passed_over:
            lines.append(f"passed over, no photographs: {_listed(self.passed_over, self.root)}")
        lines += [f"skipped: {self._relative(path)}: {why}" for path, why in self.skipped]
        lines += [f"identical: {_listed(paths, self.root)}" for paths in self.duplicates]
        lines += [
            f"WARNING: one photograph with several labels: {_listed(paths, self.root)}"
            for paths in self.conflicts
        ]
        return "\n".join(lines)

    def _relative(self, path: Path) -> Path:
        return path.relative_to(self.root)


def index_folder(folder: str | os.PathLike[str], unreadable: OnUnreadable = "raise") -> FolderIndex:
    """Find the photographs below each class folder, whatever their extension's case.

    A file is a photograph if its name ends like one or its first bytes say so; hidden files and
    folders, and files that lie beside the class folders, are passed over.

    Args:
        folder: holds one folder for each class.
        unreadable: "raise" for an empty file or class, or "skip" it; an empty class keeps its
            number, so that no label shifts.

    Raises:
        FolderError: if it is no folder, or holds no class, or no photograph at all.
    """
    root = Path(folder)
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise FolderError(f"{root} {what}; name a folder with one folder of images for each class")
    entries = [path for path in _by_code_point(root) if not path.name.startswith(".")]
    classes = [path for path in entries if path.is_dir()]
    if not classes:
        raise FolderError(
            f"{root} holds no class folders{_hint(entries)}; expected one folder of images "
            "for each class, such as daisy/ and roses/"
        )
    paths: list[Path] = []
    labels: list[int] = []
    passed_over = [path for path in entries if not path.is_dir()]
    for label, class_folder in enumerate(classes):
        others: list[Path] = []
        found = 0
        for path in _files_below(class_folder):
            if _is_photograph(path):
                paths.append(path)
                labels.append(label)
                found += 1
            else:
                others.append(path)
        if not found and unreadable == "raise":
            raise FolderError(
                f"class {class_folder.name!r} has no JPEG or PNG images in {class_folder}"
                f"{_hint(others)}; remove the folder, or ask to skip what can't be read"
            )
        passed_over += others
    if not paths:
        raise FolderError(f"no class folder in {root} holds a JPEG or PNG image")
    index = FolderIndex(
        root,
        tuple(path.name for path in classes),
        tuple(paths),
        np.array(labels, np.int32),
        _identical(paths),
        tuple(passed_over),
    )
    return _without_empty_files(index, unreadable)


def _without_empty_files(index: FolderIndex, unreadable: OnUnreadable) -> FolderIndex:
    empty = {r: "the file is empty" for r, path in enumerate(index.paths) if not _size(path)}
    if empty and unreadable == "raise":
        path = index.paths[next(iter(empty))]
        name = index.class_names[index.labels[next(iter(empty))]]
        raise FolderError(
            f"{path} of class {name!r} is empty ({len(empty)} such file"
            f"{'s' if len(empty) > 1 else ''}); delete it, or ask to skip what can't be read"
        )
    return index.without(empty) if empty else index


def _by_code_point(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: path.name)


def _files_below(folder: Path) -> Iterator[Path]:
    for path in _by_code_point(folder):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files_below(path)
        else:
            yield path


def _is_photograph(path: Path) -> bool:
    if path.suffix.lower() in _EXTENSIONS:
        return True
    try:
        with path.open("rb") as file:
            return file.read(8).startswith(_SIGNATURES)
    except OSError:
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a dangling link: reading it will say so
        return -1


def _identical(paths: list[Path]) -> npt.NDArray[np.intp]:
    """Return a number for each file that byte-identical files share."""
    by_size = defaultdict(list)
    for row, path in enumerate(paths):
        by_size[_size(path)].append(row)
    groups = np.arange(len(paths))
    for size, rows in by_size.items():
        if size <= 0 or len(rows) == 1:
            continue  # what has a size of its own has no copy, and need not be read
        first: dict[bytes, int] = {}
        for row in rows:
            digest = hashlib.sha256(paths[row].read_bytes()).digest()
            groups[row] = first.setdefault(digest, row)
    return groups


def _hint(files: list[Path]) -> str:
    if not files:
        return " (it is empty)"
    names = ", ".join(path.name for path in files[:3])
    return f" (it holds {names}{', …' if len(files) > 3 else ''})"


def _listed(paths: list[Path] | tuple[Path, ...], root: Path) -> str:
    names = ", ".join(path.relative_to(root).as_posix() for path in paths[:5])
    return names + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
