"""Files of probes hold every pixel, under names that sort in the order of the samples."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from conformance import probe
from conformance.config import ROLES, UsageError
from conformance.decode import decode
from conformance.problem import Problem
from conformance.sources import MAKERS, forms, make
from conformance.sources.ids import home
from conformance.sources.listing import coming_back
from conformance.sources.material import Material
from conformance.sources.names import class_name


def material(*roles: str, n: int = 7, claims: object = None, **asked: object) -> Material:
    problem = Problem(n=n, batch_size=2, **asked)  # type: ignore[arg-type]
    return Material(problem, frozenset(roles), claims or {})  # type: ignore[arg-type]


def read(path: str | Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def made(role: str, source: Material) -> object:
    return make((role,), source)


def test_paths_hold_the_probe_pixel_for_pixel() -> None:
    source = material("paths", "labels")
    images = np.stack([read(p) for p in made("paths", source)])  # type: ignore[attr-defined]
    assert np.array_equal(images, source.images)
    assert images.dtype == np.uint8


def test_rows_hold_path_and_label() -> None:
    source = material("samples", classes=3)
    rows = made("samples", source)
    assert [row[1] for row in rows] == source.labels.tolist()  # type: ignore[attr-defined]
    assert np.array_equal(read(rows[4][0]), source.images[4])  # type: ignore[index]


def test_rows_may_name_their_classes() -> None:
    rows = made("samples", material("samples", form="named"))
    assert rows[5][1] == class_name(5)  # type: ignore[index]
    assert "named" in forms(material("samples"))


def test_rows_may_be_those_of_a_driving_log() -> None:
    source = material("samples", form="log")
    row = made("samples", source)[3]  # type: ignore[index]
    assert all(isinstance(word, str) for word in row)
    assert np.array_equal(read(row[0]), source.images[3])
    assert float(row[3]) == source.labels[3]


@pytest.mark.parametrize("role", ["paths", "samples", "frame"])
@pytest.mark.parametrize("folder", ["image_dir", "directory"])
def test_lists_beside_a_folder_hold_names_in_it(role: str, folder: str) -> None:
    source = material(role, folder)
    value = made(role, source)
    first = {
        "paths": lambda v: v[0],
        "samples": lambda v: v[0][0],
        "frame": lambda v: v.filename[0],
    }
    name = first[role](value)
    assert np.array_equal(read(Path(str(made(folder, source))) / name), source.images[0])
    assert Path(name).name == name


def test_lists_beside_a_folder_may_hold_whole_paths() -> None:
    source = material("paths", "labels", "image_dir", form="whole")
    assert "whole" in forms(source)
    assert np.array_equal(read(made("paths", source)[2]), source.images[2])  # type: ignore[index]


@pytest.mark.parametrize("role", ["image_dir", "mask_dir", "directory"])
def test_names_of_folders_may_end_in_a_slash(role: str) -> None:
    asked = (
        material("image_dir", "mask_dir", form="/") if "mask" in role else material(role, form="/")
    )
    folder = str(made(role, asked))
    assert folder.endswith("/")
    assert Path(folder).is_dir()
    assert any(form.endswith("/") for form in forms(asked))


@pytest.mark.parametrize("kind", ["jpg", "npy"])
@pytest.mark.parametrize("role", ["image_dir", "directory"])
def test_folders_may_hold_files_of_another_kind(role: str, kind: str) -> None:
    source = material(role, form=f"{kind} /")
    files = sorted(Path(str(made(role, source))).rglob(f"*.{kind}"))
    images = [np.load(file) if kind == "npy" else read(file) for file in files]
    assert decode(np.stack(images), source.images, augmented=False).ids.tolist() == list(range(7))
    assert any(kind in form.split() for form in forms(source))


@pytest.mark.parametrize(("names", "folder"), [("", "data"), ("my/arrays/{id}.npy", "my/arrays")])
def test_ids_without_a_folder_are_relative_to_where_work_is_done(names: str, folder: str) -> None:
    source = material("ids", "label_dict", claims={"names": names} if names else {})
    place = home(source)
    assert place is not None
    with coming_back():
        os.chdir(place)
        assert np.array_equal(np.load(f"{folder}/3.npy"), source.images[3])
    assert home(material("ids", "image_dir")) is None


@pytest.mark.parametrize("role", ["paths", "ids", "string_labels", "samples"])
def test_lists_may_be_arrays(role: str) -> None:
    listed, array = made(role, material(role)), made(role, material(role, form="array"))
    assert isinstance(listed, list)
    assert isinstance(array, np.ndarray)
    assert [str(v) for v in array.ravel()] == [str(v) for v in np.array(listed).ravel()]


def test_masks_may_be_listed() -> None:
    source = material("paths", "mask_paths")
    names, masks = made("paths", source), made("mask_paths", source)
    assert np.array_equal(read(masks[5]), source.masks[5, ..., 0])  # type: ignore[index]
    assert Path(masks[5]).name == Path(names[5]).name  # type: ignore[index]


def test_sorted_files_of_a_flat_folder_are_the_samples_in_order() -> None:
    source = material("image_dir", "mask_dir")
    folder = Path(str(made("image_dir", source)))
    images = np.stack([read(p) for p in sorted(folder.iterdir())])
    assert np.array_equal(images, source.images)


def test_masks_have_the_names_of_their_images_and_mark_their_brightest_tiles() -> None:
    source = material("image_dir", "mask_dir")
    images = Path(str(made("image_dir", source)))
    masks = Path(str(made("mask_dir", source)))
    assert sorted(p.name for p in images.iterdir()) == sorted(p.name for p in masks.iterdir())
    for name in ("0000.png", "0006.png"):
        assert np.array_equal(read(masks / name) == 255, (read(images / name) == 255).all(axis=-1))


def test_declared_names_of_masks_are_used() -> None:
    names = {"image": "{id}.png", "mask": "{id}_mask.png"}
    source = material("image_dir", "mask_dir", claims={"names": names})
    masks = Path(str(made("mask_dir", source)))
    assert (masks / "0003_mask.png").exists()


def test_class_folders_sort_into_the_samples_and_hold_empty_classes() -> None:
    source = material("directory", n=3, classes=5)
    root = Path(str(made("directory", source)))
    assert sorted(p.name for p in root.iterdir()) == [class_name(k) for k in range(5)]
    files = sorted(root.glob("*/*"))
    assert [int(source.labels[i]) for i in range(3)] == [0, 1, 2]
    assert np.array_equal(np.stack([read(p) for p in files]), source.images)
    assert [p.parent.name for p in files] == [class_name(int(k)) for k in source.labels]


def test_samples_of_class_folders_are_grouped() -> None:
    labels = material("directory", n=12, classes=4).labels
    assert labels.tolist() == sorted(labels.tolist())
    assert material("paths", "labels", n=12, classes=4).labels.tolist() != labels.tolist()


@pytest.mark.parametrize("pattern", ["{label}_{id}.png", "{class}.{id}.png"])
def test_names_that_tell_the_class_sort_into_the_samples(pattern: str) -> None:
    source = material("paths", n=26, claims={"names": pattern})
    names = [Path(p).name for p in made("paths", source)]  # type: ignore[attr-defined]
    assert names == sorted(names)
    head = names[25].replace(".", "_").split("_")[0]
    assert head == ("25" if "label" in pattern else class_name(25))


def test_numbers_in_names_have_no_needless_zeros() -> None:
    names = made("paths", material("paths", n=7, claims={"names": "{label}_{id}.png"}))
    assert Path(names[3]).name == "3_0003.png"  # type: ignore[index]


@pytest.mark.parametrize("pattern", ["image.png", "{id}{kind}.png", 3])
def test_a_pattern_that_tells_no_sample_is_refused(pattern: object) -> None:
    with pytest.raises(UsageError, match=r"\{id\}"):
        made("paths", material("paths", claims={"names": pattern}))


def test_arrays_of_ids_keep_their_dtype() -> None:
    source = material("ids", "label_dict", "image_dir", dtype="float32")
    folder = Path(str(made("image_dir", source)))
    ids, labels = made("ids", source), made("label_dict", source)
    assert ids == list(range(7))
    images = np.stack([np.load(folder / f"{i}.npy") for i in ids])  # type: ignore[attr-defined]
    assert np.array_equal(images, source.images)
    assert images.dtype == np.float32
    assert [labels[i] for i in ids] == source.labels.tolist()  # type: ignore[attr-defined,index]


def test_ids_may_be_words() -> None:
    source = material("ids", "image_dir", form="id-")
    folder = Path(str(made("image_dir", source)))
    assert all((folder / f"{i}.npy").exists() for i in made("ids", source))  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["", "stem", "path"])
def test_a_dictionary_of_files_is_keyed_by_what_code_looks_up(form: str) -> None:
    source = material("image_dir", "label_dict", form=form)
    folder = Path(str(made("image_dir", source)))
    labels = made("label_dict", source)
    for i, file in enumerate(sorted(folder.iterdir())):
        key = {"": file.name, "stem": file.stem, "path": str(file)}[form]
        assert labels[key] == source.labels[i]  # type: ignore[index]


def test_a_frame_has_the_usual_columns_and_the_declared_ones() -> None:
    schema = {"image": "image_path", "label": "diagnosis"}
    source = material("frame", claims={"schema": schema})
    rows = made("frame", source)
    assert isinstance(rows, pd.DataFrame)
    assert list(rows.columns[:2]) == ["filename", "label"]
    assert rows.diagnosis.tolist() == source.labels.tolist()
    assert np.array_equal(read(rows.image_path[2]), source.images[2])
    assert rows["class"][3] == class_name(3)


def test_a_frame_beside_a_folder_names_files_in_it() -> None:
    source = material("frame", "image_dir")
    rows, folder = made("frame", source), Path(str(made("image_dir", source)))
    assert (folder / rows["filename"][0]).exists()  # type: ignore[index]
    assert rows["filename"][0] == Path(rows["path"][0]).name  # type: ignore[index]


def test_a_line_of_a_csv_is_label_then_gray_pixels() -> None:
    source = material("csv")
    table = np.loadtxt(str(made("csv", source)), delimiter=",")
    assert table[:, 0].tolist() == source.labels.tolist()
    assert np.array_equal(table[:, 1:].reshape(source.images.shape), source.images)


def test_a_csv_may_have_a_header_and_its_label_last() -> None:
    source = material("csv", claims={"schema": {"label": "last", "header": True}})
    table = pd.read_csv(str(made("csv", source)))
    assert table.columns[-1] == "label"
    assert table["label"].tolist() == source.labels.tolist()


@pytest.mark.parametrize("form", ["", "bare"])
def test_a_csv_beside_a_folder_holds_names_and_labels(form: str) -> None:
    source = material("csv", "image_dir", form=form)
    folder = Path(str(made("image_dir", source)))
    table = pd.read_csv(str(made("csv", source)), header=None if form else 0)
    assert table.iloc[:, 1].tolist() == source.labels.tolist()
    assert np.array_equal(read(folder / table.iloc[2, 0]), source.images[2])


def test_an_hdf5_file_holds_images_and_labels_under_the_declared_names() -> None:
    source = material("hdf5", dtype="float32", claims={"schema": {"images": "X", "labels": "y"}})
    with h5py.File(str(made("hdf5", source))) as file:
        assert np.array_equal(file["X"][:], source.images)
        assert np.array_equal(file["y"][:], source.labels)


@pytest.mark.parametrize(
    ("role", "schema"),
    [("frame", {"picture": "p"}), ("csv", {"label": "middle"}), ("hdf5", "images"), ("csv", 3)],
)
def test_a_schema_that_no_such_file_has_is_refused(role: str, schema: object) -> None:
    with pytest.raises(UsageError, match="schema"):
        made(role, material(role, claims={"schema": schema}))


def test_the_file_that_is_no_image_is_one_only() -> None:
    source = material("paths", "labels", scenario="unreadable")
    files = made("paths", source)
    readable = []
    for path in files:  # type: ignore[attr-defined]
        try:
            readable.append(read(path).shape == source.images.shape[1:])
        except OSError:
            readable.append(False)
    assert readable == [i != 3 for i in range(7)]


def test_jpegs_are_still_told_apart() -> None:
    source = material("paths", "labels", scenario="jpeg")
    files = made("paths", source)
    assert all(path.endswith(".jpg") for path in files)  # type: ignore[attr-defined]
    images = np.stack([read(p) for p in files])  # type: ignore[attr-defined]
    assert decode(images, source.images, augmented=False).ids.tolist() == list(range(7))


@pytest.mark.parametrize(("scenario", "shape"), [("wide", (20, 26, 3)), ("gray", (20, 20))])
def test_explored_images_have_the_shape_they_are_called_by(
    scenario: str, shape: tuple[int, ...]
) -> None:
    files = made("paths", material("paths", "labels", scenario=scenario))
    assert read(files[0]).shape == shape  # type: ignore[index]


def test_unpadded_names_sort_otherwise_than_their_masks() -> None:
    names = {"image": "{id}.png", "mask": "{id}_mask.png"}
    source = material("image_dir", "mask_dir", n=12, claims={"names": names}, scenario="unpadded")
    images = sorted(p.stem for p in Path(str(made("image_dir", source))).iterdir())
    masks = sorted(p.stem for p in Path(str(made("mask_dir", source))).iterdir())
    assert [f"{stem}_mask" for stem in images] != masks


def test_lists_handed_over_in_reverse_keep_their_samples_together() -> None:
    source = material("paths", "labels", classes=3)
    back = Material(source.problem, source.roles, backwards=True)
    assert made("paths", back) == made("paths", source)[::-1]  # type: ignore[index]
    assert np.array_equal(made("labels", back), source.labels[::-1])
    rows = made("frame", Material(source.problem, frozenset({"frame"}), backwards=True))
    assert rows["label"].tolist() == source.labels[::-1].tolist()  # type: ignore[index]


def test_names_of_classes_sort_and_are_no_part_of_each_other() -> None:
    names = [class_name(k) for k in range(900)]
    assert names == sorted(names)
    assert len(set(names)) == 900
    assert all(name.isalpha() and len(name) == len(names[0]) for name in names)


def test_the_images_of_files_are_bytes_whatever_is_asked_for() -> None:
    assert material("paths", dtype="float32").spec.dtype == "uint8"
    assert material("ids", dtype="float32").spec == probe.ImageSpec(dtype="float32")


def test_every_role_has_a_source() -> None:
    assert set(MAKERS) == set(ROLES)


@pytest.mark.parametrize(("role", "library"), [("frame", "pandas"), ("hdf5", "h5py")])
def test_a_missing_library_is_named_with_what_to_type(
    monkeypatch: pytest.MonkeyPatch, role: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError, match=f"pip install {library}"):
        made(role, material(role, n=9, scenario="constant"))
