from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reference_impl.__main__ import main

QUICK = ["--epochs", "1", "--image-size", "32", "--batch-size", "8", "--verbose", "2"]


def test_train_says_what_it_found_and_where_its_results_are(synthetic_photos, tmp_path, capsys):
    assert main(["train", str(synthetic_photos), "--out", str(tmp_path / "out"), *QUICK]) == 0

    said = capsys.readouterr().out
    assert "60 photographs in 3 classes: 0 amber (20), 1 blue (20), 2 green (20)" in said
    assert "42 photographs to train on, 18 to validate" in said
    assert "6/6" in said
    assert f"model, history and plot are in {tmp_path / 'out'}" in said


def test_compare_trains_twice_and_draws_both_curves(synthetic_photos, tmp_path, capsys) -> None:
    arguments = ["compare", str(synthetic_photos), "--out", str(tmp_path), *QUICK, "--epochs", "2"]
    assert main(arguments) == 0

    said = capsys.readouterr().out
    assert "fed by the tutorial's generator" in said
    assert "guessing: accuracy 0.333" in said
    figures = json.loads((tmp_path / "comparison.json").read_text())
    assert all(len(figures[who]["val_accuracy"]) == 2 for who in ("tutorial", "reference"))
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["train", "nowhere"], "error: nowhere does not exist"),
        (["compare", "nowhere"], "error: nowhere does not exist"),
        (["train", "PHOTOS", "--batch-size", "0"], "error: batch_size must be at least 1"),
        (["train", "PHOTOS", "--batch-size", "43"], "error: a batch of 43 is larger than"),
        (["train", "PHOTOS", "--image-size", "9"], "error: image_size must be at least 24"),
        (["compare", "PHOTOS", "--batch-size", "42"], "generator hangs with 42 photographs"),
        (["train", "PHOTOS/amber"], "holds no class folders"),
    ],
)
def test_what_can_not_be_done_is_said_in_one_line(
    synthetic_photos: Path, tmp_path: Path, capsys, arguments, complaint: str
) -> None:
    arguments = [a.replace("PHOTOS", str(synthetic_photos)) for a in arguments]

    assert main([*arguments, "--out", str(tmp_path)]) == 1

    said = capsys.readouterr()
    assert complaint in said.err
    assert said.err.count("\n") == 1
    assert "Epoch" not in said.out


def test_damaged_files_are_skipped_when_asked(some_photos: Path, tmp_path: Path, capsys) -> None:
    (some_photos / "blue" / "001.jpg").write_bytes(b"no image")
    arguments = ["train", str(some_photos), "--out", str(tmp_path / "out"), *QUICK]
    arguments += ["--batch-size", "2"]

    assert main(arguments) == 1
    assert "001.jpg" in capsys.readouterr().err
    assert main([*arguments, "--skip-unreadable"]) == 0
    assert "skipped: blue/001.jpg" in capsys.readouterr().out


def test_a_class_without_readable_photographs_can_not_be_trained(some_photos, tmp_path, capsys):
    shutil.rmtree(some_photos / "blue")
    (some_photos / "blue").mkdir()
    arguments = ["train", str(some_photos), "--out", str(tmp_path / "out"), "--skip-unreadable"]

    assert main(arguments) == 1
    assert "class 'blue' has no readable photographs" in capsys.readouterr().err


def test_an_interruption_tells_how_to_go_on(synthetic_photos, tmp_path, capsys, monkeypatch):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("reference_impl.training.fit", interrupted)

    assert main(["train", str(synthetic_photos), "--out", str(tmp_path), *QUICK]) == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_a_verbosity_that_is_none_is_refused(capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["train", "photos", "--verbose", "loud"])

    assert stopped.value.code == 2
    assert "'loud' is none of auto, 0, 1, 2" in capsys.readouterr().err


def test_a_wrong_folder_is_answered_without_importing_keras() -> None:
    program = (
        "import sys; from reference_impl.__main__ import main; code = main(['train', 'nowhere'])\n"
        "sys.exit(code + 10 * ('keras' in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1, done.stderr
