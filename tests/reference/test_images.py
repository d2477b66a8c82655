from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage.io import imread
from skimage.transform import resize as skimage_resize

from reference_impl.images import UnreadableImageError, decode, read_image, resize


def pixels(height: int, width: int, channels: int = 3, dtype="uint8") -> np.ndarray:
    top = np.iinfo(dtype).max + 1
    return np.random.default_rng(height * 1000 + width).integers(
        0, top, (height, width, channels), dtype=dtype
    )


def smooth(height: int = 40, width: int = 50) -> Image.Image:
    return Image.fromarray(pixels(5, 6)).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    dtype=st.sampled_from(["uint8", "uint16"]),
)
@settings(deadline=None, max_examples=150)
def test_resizing_equals_scikit_image(height, width, size, dtype) -> None:
    source = pixels(height, width, dtype=dtype)

    assert np.abs(resize(source, size) - skimage_resize(source, size)).max() <= 1e-5


def test_one_image_does_not_show_in_the_next() -> None:
    first = resize(pixels(60, 70), (20, 30))
    copy = first.copy()
    resize(pixels(50, 40), (20, 30))  # works in the same memory

    assert np.array_equal(first, copy)


@pytest.mark.parametrize("source", [(60, 70), (10, 70), (60, 10), (20, 30), (2500, 1700)])
def test_an_image_may_be_written_where_it_belongs(source: tuple[int, int]) -> None:
    batch = np.full((3, 20, 30, 3), -1, np.float32)
    resize(pixels(*source), (20, 30), out=batch[1])

    assert np.array_equal(batch[1], resize(pixels(*source), (20, 30)))
    assert (batch[[0, 2]] == -1).all()


def test_a_photograph_equals_scikit_image_s_reading_of_it(photos: Path) -> None:
    for path in sorted(photos.glob("*/*.jpg"))[::40]:
        image = read_image(path, (182, 182))

        assert image.dtype == np.float32
        assert 0 <= image.min() <= image.max() <= 1
        assert np.abs(image - skimage_resize(imread(path), (182, 182))).max() <= 1e-5


MODES = {"JPEG": ["1", "L", "RGB", "CMYK"], "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]}


@pytest.mark.parametrize(
    ("form", "mode"), [(form, mode) for form, modes in MODES.items() for mode in modes]
)
def test_every_mode_becomes_rgb_of_the_same_look(form: str, mode: str) -> None:
    original = smooth()
    if mode == "I;16":
        source = Image.fromarray(np.asarray(original.convert("L"), np.uint16) * 257)
    elif mode == "LA":
        source = original.convert("L").convert("LA")
    else:
        source = original.convert(mode)
    data = encoded(source, form)

    decoded = decode(data)

    scale = np.iinfo(decoded.dtype).max
    assert decoded.shape == (40, 50, 3)
    expected = np.asarray(source.convert("RGB") if mode != "I;16" else original.convert("L"))
    expected = np.atleast_3d(expected) / 255
    assert np.abs(decoded / scale - expected).mean() < (0.03 if form == "JPEG" else 1e-6)


def test_sixteen_bits_are_kept() -> None:
    deep = np.arange(65536, dtype=np.uint16).reshape(256, 256)

    decoded = decode(encoded(Image.fromarray(deep), "PNG"))

    assert np.array_equal(decoded[..., 0], deep)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_photographs_stand_upright(orientation: int, form: str) -> None:
    upright = smooth()
    turned = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation

    decoded = decode(
        encoded(turned, form, exif=exif, **({"quality": 95} if form == "JPEG" else {}))
    )

    assert decoded.shape == (40, 50, 3)
    assert np.abs(decoded.astype(int) - np.asarray(upright)).mean() < 4


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("part", [0.2, 0.6, 0.95])
def test_a_truncated_file_is_no_gray_photograph(tmp_path: Path, form: str, part: float) -> None:
    data = encoded(Image.fromarray(pixels(64, 64)), form)
    path = tmp_path / "cut.jpg"
    path.write_bytes(data[: int(part * len(data))])

    with pytest.raises(UnreadableImageError, match=r"can't read .*cut\.jpg: damaged image"):
        read_image(path, (8, 8))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"<html>404 Not Found</html>", "no JPEG, PNG or other known image"),
        (b"\xff\xd8\xff", "no JPEG, PNG or other known image"),
        (b"\x89PNG\r\n\x1a\n", "no JPEG, PNG or other known image"),
    ],
)
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "page.jpg"
    path.write_bytes(content)

    with pytest.raises(UnreadableImageError, match=rf"page\.jpg: .*{complaint}"):
        read_image(path, (8, 8))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"gone\.jpg: No such file"):
        read_image(tmp_path / "gone.jpg", (8, 8))


def test_bytes_after_the_end_of_a_jpeg_do_no_harm() -> None:
    data = encoded(smooth(), "JPEG")

    assert np.array_equal(decode(data + b"\0" * 100 + b"trailer"), decode(data))


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"keep_rgb": True}, {"subsampling": 0, "comment": "c"}]
)
def test_a_plain_jpeg_is_what_pillow_reads(options: dict[str, object], monkeypatch) -> None:
    data = encoded(smooth(), "JPEG", **options)
    by_pillow = np.asarray(Image.open(io.BytesIO(data)))
    monkeypatch.setattr(Image, "open", None)  # its header is read without Pillow

    assert np.array_equal(decode(data), by_pillow)


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2) + content


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


XMP = (
    b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
)


@pytest.mark.parametrize(
    "before",
    [
        segment(0xE1, turned()),
        segment(0xFE, b"no \xff\xda scan") + segment(0xE1, turned()),
        segment(0xE1, XMP),
    ],
    ids=["exif", "exif-behind-a-comment", "xmp"],
)
def test_a_photograph_is_turned_whatever_says_so(before: bytes) -> None:
    data = encoded(smooth(40, 50), "JPEG")

    assert decode(data[:2] + before + data[2:]).shape == (50, 40, 3)


def test_a_jpeg_of_rare_subsampling_is_read() -> None:
    data = bytearray(encoded(smooth(32, 32), "JPEG", subsampling="4:2:0"))
    frame = data.index(b"\xff\xc0")
    data[frame + 11] = 0x14  # 4:4:1: as many blocks a unit, and simplejpeg has no name for it

    assert np.array_equal(decode(bytes(data)), np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("segment", range(2, 20, 3))
def test_a_damaged_header_is_no_photograph(segment: int) -> None:
    data = bytearray(encoded(smooth(), "JPEG"))
    data[segment : segment + 40] = bytes(40)

    with pytest.raises(ValueError, match=r"damaged image|no JPEG"):
        decode(bytes(data))
