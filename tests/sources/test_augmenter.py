"""The augmenter that is handed to subjects: called as the libraries are whose place it takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.sources.switches import ProbeAugmenter

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 20, 20, 3), np.uint8)
MASKS = IMAGES[..., :1]
LABELS = np.arange(6)


@pytest.fixture
def augmenter() -> ProbeAugmenter:
    return ProbeAugmenter(seed=1)


def _moved(images: Any) -> bool:
    same_pixels = np.array_equal(np.sort(images, axis=None), np.sort(IMAGES, axis=None))
    return same_pixels and not np.array_equal(images, IMAGES)


def test_images_alone_come_back_alone(augmenter: ProbeAugmenter) -> None:
    assert _moved(augmenter(IMAGES))
    assert _moved(augmenter.augment(IMAGES))
    assert augmenter(IMAGES[0]).shape == IMAGES[0].shape
    assert augmenter(IMAGES[0], np.random.default_rng(0)).shape == IMAGES[0].shape


def test_images_and_labels_come_back_together(augmenter: ProbeAugmenter) -> None:
    images, labels = augmenter(IMAGES, LABELS)
    assert _moved(images)
    assert labels is LABELS


@pytest.mark.parametrize("masks", [MASKS, MASKS[..., 0]], ids=["with channels", "without"])
def test_masks_move_with_their_images(augmenter: ProbeAugmenter, masks: Any) -> None:
    images, moved = augmenter(IMAGES, masks)
    assert np.array_equal(images[..., 0], moved.reshape(MASKS.shape)[..., 0])
    image, mask = augmenter(IMAGES[0], masks[0])
    assert np.array_equal(image[..., 0], mask.reshape(20, 20))


def test_each_image_of_a_batch_is_moved_in_its_own_way(augmenter: ProbeAugmenter) -> None:
    alike = np.repeat(IMAGES[:1], 6, axis=0)
    for images in (augmenter(alike), augmenter(alike, LABELS)[0], augmenter(images=alike)):
        assert len(np.unique(images, axis=0)) > 1


def test_albumentations_returns_a_dictionary(augmenter: ProbeAugmenter) -> None:
    both = augmenter(image=IMAGES[0], mask=MASKS[0])
    assert np.array_equal(both["image"][..., :1], both["mask"])
    assert type(augmenter(image=IMAGES[0])["image"]) is np.ndarray


def test_imgaug_returns_arrays(augmenter: ProbeAugmenter) -> None:
    assert _moved(np.array([augmenter(image=image) for image in IMAGES]))
    assert _moved(augmenter(images=IMAGES))
    images, masks = augmenter(images=IMAGES, segmentation_maps=MASKS)
    assert np.array_equal(images[..., :1], masks)


def test_imgaug_repeats_itself_where_that_is_asked_for(augmenter: ProbeAugmenter) -> None:
    fixed = augmenter.to_deterministic()
    images, masks = fixed.augment_images(IMAGES), fixed.augment_images(MASKS)
    assert _moved(images)
    assert np.array_equal(images[..., :1], masks)
    assert not np.array_equal(images, augmenter.to_deterministic().augment_images(IMAGES))
