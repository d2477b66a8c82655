"""``python -m reference_impl train FOLDER`` and ``python -m reference_impl compare FOLDER``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reference_impl.folder import FolderError, index_folder
from reference_impl.images import UnreadableImageError
from reference_impl.settings import Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 for what can't be done, 130 when interrupted."""
    options = vars(_parser().parse_args(arguments))
    command, fresh = options.pop("command"), options.pop("fresh", False)
    try:
        settings = _settings(options)
        index_folder(settings.folder, settings.unreadable)  # answers before Keras is imported
        if command == "train":
            from reference_impl.training import train

            train(settings, fresh=fresh)
        else:
            from reference_impl.comparison import compare

            print(f"\n{compare(settings).table()}\nplot and figures are in {settings.out}")
    except KeyboardInterrupt:
        goes_on = "; the same command goes on after the last whole epoch"
        print(f"\ninterrupted{goes_on if command == 'train' else ''}", file=sys.stderr)
        return 130
    except (
        FolderError,
        SettingsError,
        UnreadableImageError,
        MemoryError,
        FloatingPointError,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _settings(options: dict[str, object]) -> Settings:
    if options.pop("skip_unreadable"):
        options["unreadable"] = "skip"
    try:
        return Settings(**options)  # type: ignore[arg-type]  # argparse has converted them
    except ValueError as error:
        raise SettingsError(str(error)) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_impl",
        description="Train the tutorial's network on class folders of photographs. The backend is "
        "Keras': set KERAS_BACKEND to tensorflow, jax or torch.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="train|compare")
    train = commands.add_parser(
        "train", help="load, divide, augment, train, evaluate, save model, history and plot"
    )
    train.add_argument("--fresh", action="store_true", help="don't go on with an interrupted one")
    train.add_argument(
        "--stream", action="store_true", help="decode by the batch, in little memory"
    )
    train.add_argument(
        "--workers", type=int, default=1, help="threads that make batches (%(default)s)"
    )
    train.add_argument("--use-multiprocessing", action="store_true", help="processes instead")
    train.add_argument(
        "--max-queue-size", type=int, default=10, help="batches made ahead (%(default)s)"
    )
    train.add_argument("--validation-folder", type=Path, help="validate on these photographs")
    _add_common(train, out="reference_training", image_size=182)
    compare = commands.add_parser(
        "compare", help="train twice, with the tutorial's generator and with the right one"
    )
    _add_common(compare, out="reference_comparison", image_size=96)
    return parser


def _add_common(parser: argparse.ArgumentParser, out: str, image_size: int) -> None:
    parser.add_argument("folder", type=Path, help="holds one folder of images for each class")
    add = parser.add_argument
    add("--out", type=Path, default=Path(out), help="where results go (%(default)s)")
    add("--epochs", type=int, default=6, help="passes over the data (%(default)s)")
    add("--batch-size", type=int, default=6, help="(%(default)s)")
    add("--image-size", type=int, default=image_size, help="height and width (%(default)s)")
    add("--validation-fraction", type=float, default=0.3, help="of every class (%(default)s)")
    add("--steps-per-epoch", type=int, help="batches in an epoch (one pass)")
    add("--validation-steps", type=int, help="batches to validate on (all)")
    add("--no-augment", dest="augment", action="store_false", help="photographs as they are")
    add("--learning-rate", type=float, default=1e-3, help="of Adam (%(default)s)")
    add("--seed", type=int, default=0, help="of everything that is random (%(default)s)")
    add("--verbose", type=_verbosity, default="auto", help="auto, 0, 1 or 2 (%(default)s)")
    add("--skip-unreadable", action="store_true", help="leave out damaged files and empty classes")


def _verbosity(text: str) -> str | int:
    if text not in ("auto", "0", "1", "2"):
        raise argparse.ArgumentTypeError(f"{text!r} is none of auto, 0, 1, 2")
    return text if text == "auto" else int(text)


if __name__ == "__main__":
    sys.exit(main())
