"""Judges generators of a project far from the repository with the installed wheel.

Run by ``tox -e wheel`` in an environment that holds the wheel and what it depends on.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import conformance
import reference_impl

BATCHES = '''
import numpy as np


def batches(photos, species, per_batch, shuffle=False, seed=None):
    """Yield every photo once a pass, for ever."""
    if len(photos) != len(species) or per_batch < 1:
        raise ValueError("as many species as photos, and batches of one at least")
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(photos)) if shuffle else np.arange(len(photos))
        for start in range(0, len(photos), per_batch):
            rows = order[start : start + per_batch]
            yield photos[rows], species[rows]


def hasty(photos, species, per_batch):
    """Lose what does not fill a batch."""
    while True:
        for start in range(0, len(photos) - per_batch + 1, per_batch):
            rows = np.arange(start, start + per_batch)
            yield photos[rows], species[rows]
'''
GATE = """
[tool.conformance.generators."shop.feed:batches"]
bind = { photos = "images", species = "labels", per_batch = "batch_size" }
"""


def main() -> int:
    """Return 0 if the wheel judges right and wrong generators as it should."""
    home = Path(sys.prefix).resolve()
    for package in (conformance, reference_impl):
        if home not in Path(str(package.__file__)).resolve().parents:
            raise SystemExit(f"{package.__name__} is not the installed one: {package.__file__}")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "shop").mkdir()
        (project / "shop" / "__init__.py").touch()
        (project / "shop" / "feed.py").write_text(BATCHES, encoding="utf-8")
        bind = [
            word
            for pair in ("photos=images", "species=labels", "per_batch=batch_size")
            for word in ("--generator-bind", pair)
        ]
        judge(project, ["--generator", "shop.feed:batches", *bind], 0, "0 failed")
        judge(project, ["--generator", "shop/feed.py:hasty", *bind], 1, "every_sample_appears")
        judge(project, ["--generator", "reference_impl.generator:minibatches"], 0, "passed")
        judge(project, ["--generator", "shop.feed:absent"], 4, "has no attribute 'absent'")
        (project / "test_shop.py").write_text("def test_shop():\n    pass\n", encoding="utf-8")
        (project / "pyproject.toml").write_text(GATE, encoding="utf-8")
        judge(project, [], 0, "conformance of shop.feed:batches")
        page = project / "report.html"
        judge(project, ["--generator-html", str(page)], 0, "HTML report")
        if "shop.feed:batches" not in page.read_text(encoding="utf-8"):
            raise SystemExit("the HTML report does not name its subject")
    print("the wheel judges a foreign project as it should")
    return 0


def judge(project: Path, options: list[str], status: int, says: str) -> None:
    """Run pytest as a user would, and check its status and what it says."""
    # the plain command: unlike ``python -m pytest`` it does not put the folder on sys.path
    pytest = shutil.which("pytest", path=str(Path(sys.executable).parent))
    if pytest is None:
        raise SystemExit("the environment has no pytest")
    command = [pytest, *options]
    print("$ pytest", *options, flush=True)
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    said = "failed" not in text.rsplit("\n", 2)[-2] if says == "0 failed" else says in text
    if done.returncode != status or not said:
        print(text)
        raise SystemExit(f"exit status {done.returncode}, expected {status} and {says!r}")


if __name__ == "__main__":
    raise SystemExit(main())
