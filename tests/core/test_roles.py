"""Roles are inferred from names, declared where they can't be, and never guessed in doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.config import Declaration, UsageError
from conformance.roles import bind, infer_role


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (
            "images",
            "x X images imgs data inputs features x_train train_x X_train Xtrain image_data x_set",
        ),
        ("labels", "y Y labels lbls targets y_train trainY y_set annotations gt classes"),
        ("onehot_labels", "y_onehot one_hot_labels labels_ohe"),
        ("weights", "sample_weight w weights sample_weights"),
        ("batch_size", "batch_size bs batchsize B n_per_batch BATCH_SIZE batchSize minibatch_size"),
        ("shuffle", "shuffle do_shuffle shuffled randomize"),
        ("augment", "augment aug train training is_train data_augmentation"),
        ("augmenter", "datagen augmenter transform aug_fn"),
        ("seed", "seed random_state rs"),
        ("rng", "rng random_generator"),
        ("directory", "directory data_dir root train_dir path folder target_directory pets_dir"),
        ("image_dir", "image_dir img_folder images_path"),
        (
            "mask_dir",
            "mask_dir masks_folder label_dir mask_image_dir train_mask_image_dir img_mask_dir",
        ),
        ("mask_paths", "mask_paths msk_files image_mask_paths mask_image_paths target_img_paths"),
        ("masks", "masks mask segmentations y_masks"),
        ("paths", "paths file_paths image_paths filenames files npy_files"),
        ("samples", "samples rows lines"),
        ("ids", "ids list_IDs image_ids"),
        ("label_dict", "labels_dict label_map id_to_label"),
        ("frame", "df dataframe train_df frame"),
        ("csv", "csv_file csv csv_path annotations_file labels_csv"),
        ("hdf5", "h5_path hdf5_file"),
        ("n_classes", "n_classes num_classes nb_classes"),
        ("image_size", "target_size img_size image_size dim size"),
        ("image_shape", "input_shape image_shape"),
        ("steps", "steps steps_per_epoch"),
        ("shard_index", "shard_index rank worker_id"),
        ("shard_count", "num_shards world_size"),
    ],
)
def test_names_that_people_use(role: str, names: str) -> None:
    assert {name: infer_role(name) for name in names.split()} == dict.fromkeys(names.split(), role)


def test_a_name_without_meaning_has_no_role() -> None:
    assert infer_role("foo") is None
    assert infer_role("verbose") is None
    assert infer_role("cache_dir") is None
    assert infer_role("output_folder") is None
    assert infer_role("tfrecord_files") is None
    assert infer_role("mask_save_dir") is None


def _roles(target: Callable[..., Any], declared: Declaration | None = None) -> dict[str, str]:
    rows = bind(target, declared or Declaration(), "m:f").rows()
    return {parameter: role for parameter, role, _ in rows}


def test_defaults_tell_that_a_name_misleads() -> None:
    def gen(x: Any, y: Any, bs: int = 8, train: str = "all", aug: bool = False) -> None: ...

    assert _roles(gen) == {"x": "images", "y": "labels", "bs": "batch_size", "aug": "augment"}


def test_what_is_named_as_a_place_on_disk_is_no_array_by_position() -> None:
    def beside(image_dir: Any, cache_dir: Any, batch_size: Any) -> None: ...
    def alone(foo_path: Any, bar: Any, baz: Any) -> None: ...

    for gen in (beside, alone):
        with pytest.raises(UsageError, match="can't tell what parameter"):
            bind(gen, Declaration(), "m:f")


def test_three_nameless_parameters_are_images_labels_and_batch_size() -> None:
    def gen(foo: Any, bar: Any, baz: Any) -> None: ...

    assert list(_roles(gen).values()) == ["images", "labels", "batch_size"]


def test_doubt_is_an_error_that_shows_the_line_to_add() -> None:
    def gen(x: Any, foo: Any, bar: Any, batch_size: int) -> None: ...

    with pytest.raises(UsageError) as error:
        _roles(gen)
    assert "'foo', 'bar'" in str(error.value)
    assert "--generator-bind foo=ROLE" in str(error.value)
    assert '[tool.conformance.generators."m:f"]' in str(error.value)


def test_a_size_of_three_beside_a_number_of_channels_is_no_shape() -> None:
    def volumes(ids: Any, labels: Any, dim: Any = (32, 32, 32), n_channels: int = 1) -> None: ...
    def images(ids: Any, labels: Any, dim: Any = (32, 32, 3)) -> None: ...

    assert _roles(volumes)["dim"] == "image_size"
    assert _roles(images)["dim"] == "image_shape"


def test_declarations_win_and_must_name_real_parameters() -> None:
    def gen(foo: Any, bar: Any, n: int, k: int) -> None: ...

    declared = Declaration(
        bind={"foo": ("images",), "bar": ("labels",), "n": ("batch_size",)}, call={"k": 3}
    )
    assert _roles(gen, declared) == {"foo": "images", "bar": "labels", "n": "batch_size", "k": "3"}
    with pytest.raises(
        UsageError, match="'zip' is declared, but the signature has: foo, bar, n, k"
    ):
        _roles(gen, Declaration(bind={"zip": ("images",)}))


def test_unknown_roles_and_claims_are_refused_with_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"unknown role 'image'.*Did you mean 'images'"):
        Declaration(bind={"x": "image"}).validated("here")
    with pytest.raises(UsageError, match=r"unknown claim 'remains'.*Did you mean 'remainder'"):
        Declaration(claims={"remains": "drop"}).validated("here")
    with pytest.raises(UsageError, match="claim 'remainder' can't be 'lose'"):
        Declaration(claims={"remainder": "lose"}).validated("here")
    with pytest.raises(UsageError, match="needs a reason"):
        Declaration(waive={"order.shuffles_when_asked": " "}).validated("here")
