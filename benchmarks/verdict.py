"""What a verdict costs: whole processes, each beside a peer in the same run.

    python benchmarks/verdict.py [--runs 5]

No backend is used: ``KERAS_BACKEND`` names one that can't train, so that the training chapter is
undecided and nothing imports a backend but the peer. Prints, as medians over the runs: the full
verdict on ``reference_impl`` (process start included) against ``import tensorflow, keras``; ``pytest --collect-only`` with the plugin installed and
unused against the same with ``-p no:keras_generator_conformance``; the verdict at 40, 80 and 160
examples (time and peak memory); two subjects with ``-n 2`` against one process. Then, with Keras
and its backend, what verdicts on other kinds take beyond that import, without and with training.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

SUBJECT = "reference_impl.generator:minibatches"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]


def environment() -> dict[str, str]:
    """Return the environment of a process that judges without a backend."""
    return {**plain_environment(), "KERAS_BACKEND": "numpy"}


def plain_environment() -> dict[str, str]:
    """Return the environment of a process that imports the backend that Keras takes by itself."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "KERAS_BACKEND")
    return {k: v for k, v in os.environ.items() if k not in left_out}


def timed(command: list[str], folder: str, *, trains: bool = False) -> float:
    """Return the wall time of a process in seconds; its output is thrown away."""
    imports = "-c" in command
    start = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env=plain_environment() if imports or trains else environment(),
        capture_output=True,
        check=imports,
    )
    return time.perf_counter() - start


def peak(command: list[str], folder: str) -> float:
    """Return the peak memory of a process and its children in MiB, sampled."""
    import psutil

    process = psutil.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    most = 0
    while process.poll() is None:
        try:
            family = [process, *process.children(recursive=True)]
            most = max(most, sum(p.memory_info().rss for p in family))
        except psutil.Error:
            continue
        time.sleep(0.02)
    return most / 2**20


def pair(name: str, first: list[str], second: list[str], runs: int, folder: str) -> None:
    """Time two commands in turn and print their medians and the median ratio."""
    timed(first, folder), timed(second, folder)
    times = [(timed(first, folder), timed(second, folder)) for _ in range(runs)]
    a, b = median(t[0] for t in times), median(t[1] for t in times)
    ratio = median(t[0] / t[1] for t in times)
    print(f"{name:62} {a:7.2f} s  {b:7.2f} s   ratio {ratio:.2f}")


LISTED = """
import os
def listed(directory):
    names = sorted(os.listdir(directory))
    return [(os.path.join(directory, c, f), k) for k, c in enumerate(names)
            for f in sorted(os.listdir(os.path.join(directory, c)))]
"""

FILES = """
import cv2, numpy as np
def one(directory, batch_size):
    files = listed(directory)
    while True:
        for start in range(0, len(files), batch_size):
            some = files[start:start + batch_size]
            images = [cv2.resize(cv2.imread(path)[..., ::-1], (182, 182)) for path, _ in some]
            yield np.stack(images).astype("float32") / 255, np.array([k for _, k in some])
def two(directory, batch_size):
    return one(directory, batch_size)
"""

KINDS = """
import keras, numpy as np, tensorflow as tf
class Sized(keras.utils.PyDataset):
    def __init__(self, images, labels, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.images, self.labels, self.batch_size = images, labels, batch_size
    def __len__(self):
        return -(-len(self.images) // self.batch_size)
    def __getitem__(self, index):
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self.images[rows].copy(), self.labels[rows].copy()
def pipeline(images, labels, batch_size, seed):
    data = tf.data.Dataset.from_tensor_slices((images, labels))
    return data.shuffle(len(images), seed=seed).batch(batch_size)
def folders(directory, batch_size):
    files = listed(directory)
    while True:
        for start in range(0, len(files), batch_size):
            some = files[start:start + batch_size]
            images = [keras.utils.img_to_array(keras.utils.load_img(path)) for path, _ in some]
            yield np.stack(images), np.array([k for _, k in some])
"""

UNTRAINED = """
import os, sys
from conformance.config import Settings, SubjectConfig
from conformance.judge import Judge
judge = Judge(SubjectConfig(sys.argv[1], root=os.getcwd()), Settings(training=False))
judge.report()
judge.close()
"""


def beyond_the_import(runs: int, folder: str) -> None:
    """Print what verdicts on kinds that need Keras take, and how much of that is no import."""
    (Path(folder) / "kinds.py").write_text(LISTED + KINDS)
    (Path(folder) / "untrained.py").write_text(UNTRAINED)
    importing = [sys.executable, "-c", "import tensorflow, keras"]
    for name in ("Sized", "pipeline", "folders"):
        ways = {
            "without training": [sys.executable, "untrained.py", f"kinds:{name}"],
            "with training": [*PYTEST, "--generator", f"kinds:{name}"],
        }
        for way, command in ways.items():
            times = [
                (timed(command, folder, trains=True), timed(importing, folder)) for _ in range(runs)
            ]
            a, b = median(t[0] for t in times), median(t[1] for t in times)
            rest = median(t[0] - t[1] for t in times)
            print(f"{name + ', ' + way:62} {a:7.2f} s  {b:7.2f} s   beyond {rest:.2f} s")


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    judge = [*PYTEST, "--generator", SUBJECT]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        importing = [sys.executable, "-c", "import tensorflow, keras"]
        pair("verdict on reference_impl | import tensorflow, keras", judge, importing, runs, folder)
        plain = [*PYTEST, "--collect-only"]
        without = [*plain, "-p", "no:keras_generator_conformance"]
        pair("pytest with the plugin unused | without the plugin", plain, without, runs, folder)
        for examples in (40, 80, 160):
            command = [*judge, "--generator-examples", str(examples)]
            seconds = median(timed(command, folder) for _ in range(runs))
            print(
                f"verdict, {examples:3} examples {seconds:47.2f} s  {peak(command, folder):6.0f} MiB"
            )
        (Path(folder) / "two.py").write_text(
            "from reference_impl.generator import minibatches\n"
            "def one(images, labels, batch_size, shuffle, augment, seed):\n"
            "    return minibatches(images, labels, batch_size, shuffle, augment, seed)\n"
            "def two(images, labels, batch_size, shuffle, augment, seed):\n"
            "    return minibatches(images, labels, batch_size, shuffle, augment, seed)\n"
        )
        more = ["--generator-examples", "300"]
        both = [*PYTEST, "--generator", "two:one", "--generator", "two:two", *more]
        pair("two subjects in one process | with -n 2", both, [*both, "-n", "2"], runs, folder)
        (Path(folder) / "files.py").write_text(LISTED + FILES)
        both = [*PYTEST, "--generator", "files:one", "--generator", "files:two"]
        pair("two that read class folders | with -n 2", both, [*both, "-n", "2"], runs, folder)
        beyond_the_import(runs, folder)


if __name__ == "__main__":
    main()
