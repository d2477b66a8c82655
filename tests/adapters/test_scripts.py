"""The lines to paste open the subject as the kit does, whatever its kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.config import Settings, SubjectConfig
from conformance.judge import Judge

SOURCE = """
import numpy as np

class Called:
    def __init__(self, images, labels):
        self.images, self.labels = images, labels
    def __call__(self, batch_size):
        while True:
            for k in range(0, len(self.images), batch_size):
                rows = slice(k, k + batch_size)
                yield self.images[rows].copy(), self.labels[rows][::-1].copy()

class Loader:
    def __init__(self, images, labels):
        self.images, self.labels = images, labels
    def batches(self, batch_size):
        return Called(self.images, self.labels)(batch_size)

class Curried:
    def __init__(self, images, labels, batch_size):
        self.stream = Called(images, labels)(batch_size)
    def __call__(self):
        return self.stream

class Sequence:
    def __init__(self, images, labels, batch_size):
        self.images, self.labels, self.size = images, labels, batch_size
    def __len__(self):
        return -(-len(self.images) // self.size)
    def __getitem__(self, k):
        rows = slice(k * self.size, (k + 1) * self.size)
        return self.images[rows].copy(), self.labels[rows][::-1].copy()
"""


@pytest.mark.parametrize("name", ["Called", "Loader.batches", "Curried", "Sequence"])
def test_script_runs_and_prints_batches(name: str, tmp_path: Path) -> None:
    (tmp_path / "pasted_subject.py").write_text(SOURCE, "utf-8")
    config = SubjectConfig(f"pasted_subject:{name}", root=str(tmp_path))
    judge = Judge(config, Settings(examples=0, training=False))
    report = judge.report()
    judge.close()
    scripts = {v.finding.script for v in report.of("failed") if v.finding and v.finding.script}
    assert scripts
    for script in scripts:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0 or "ValueError" in done.stderr, done.stderr
        assert done.stdout.startswith("0 [array(") or "batch_size=0" in script
