"""Photos: listed once, upright, licensed; near duplicates out, and no two that are alike in two splits."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from converseg_core.evaluation.dataset import decode_image
from converseg_engine.vlm.duplicates import find_alike, fingerprint, split_of
from converseg_engine.vlm.export_files import copy_photo
from converseg_engine.vlm.job import Job
from converseg_engine.vlm.photos import decode_photo, list_photos
from converseg_engine.vlm.run import plan
from converseg_engine.vlm.scripted.drawn import draw_scene
from converseg_engine.vlm.scripted.truth import decode
from tests.engine.vlm.rehearsal import settings


def _scene(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return decode(draw_scene(seed).image)


def _save(path: Path, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)  # type: ignore[arg-type]


def test_near_duplicates_are_alike_and_other_scenes_are_not() -> None:
    scene = _scene(1)
    versions = [
        scene,
        cv2.resize(scene, (640, 480)),
        np.clip(scene * 1.08 + 4, 0, 255).astype(np.uint8),
        cv2.imdecode(cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR),
    ]
    prints = [fingerprint(np.ascontiguousarray(one).astype(np.uint8)) for one in versions]
    others = [fingerprint(_scene(k)) for k in range(2, 12)]
    alike = find_alike([*prints, *others])
    assert dict(alike.duplicate_of) == {1: 0, 2: 0, 3: 0}
    assert list(alike.cluster) == [0, 0, 0, 0, *range(4, 14)]


def test_alike_pictures_form_one_cluster_over_steps_and_the_earlier_stays() -> None:
    bits = np.zeros((4, 256), np.uint8)
    for k in range(1, 4):
        bits[k, : 40 * k] = 1  # each 40 bits from the one before
    prints = [np.packbits(row).tobytes().hex() for row in bits]
    alike = find_alike(prints, duplicate_bits=20, similar_bits=48)
    assert dict(alike.duplicate_of) == {}
    assert list(alike.cluster) == [0, 0, 0, 0]
    assert dict(find_alike([prints[3], prints[3], prints[0]]).duplicate_of) == {1: 0}
    assert list(find_alike([]).cluster) == []


def test_splits_keep_their_shares_and_do_not_move() -> None:
    shares = {"train": 0.8, "val": 0.2}
    splits = [split_of(str(k), shares) for k in range(4000)]
    assert abs(Counter(splits)["val"] / 4000 - 0.2) < 0.03
    assert splits[:100] == [split_of(str(k), shares) for k in range(100)]
    assert splits != [split_of(str(k), shares, seed=1) for k in range(4000)]
    with pytest.raises(ValueError, match="shares"):
        split_of("a", {"train": 0.5})


def _job(tmp_path: Path, **changes: object) -> Job:
    return Job(
        photos=tmp_path / "photos",
        out=tmp_path / "out",
        settings=settings("http://localhost:1/v1", tmp_path, **changes),
    )


def test_a_folder_becomes_a_plan(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for k in range(4):
        _save(photos / f"{k}.png", _scene(k))
    _save(photos / "sub" / "again.jpg", _scene(2), quality=70)
    (photos / "copy.png").write_bytes((photos / "1.png").read_bytes())
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (photos / "empty.png").write_bytes(b"")
    _save(photos / "tiny.png", np.zeros((8, 8, 3), np.uint8))
    (photos / "photos.csv").write_text("file,licence,source,group\n3.png,CC-BY-4.0,me,walk\n")
    made = plan(_job(tmp_path), licence="CC0-1.0")
    assert (made.num_found, made.num_unusable, made.num_duplicates) == (9, 3, 2)
    licences = {one.photo.name: one.photo.licence for one in made.planned}
    assert licences == {"0.png": "CC0-1.0", "1.png": "CC0-1.0", "2.png": "CC0-1.0", "3.png": "CC-BY-4.0"}
    assert len(plan(_job(tmp_path), licence="CC0-1.0", limit=2).planned) == 2


def test_new_photos_go_to_the_end_and_a_torn_line_is_written_anew(tmp_path: Path) -> None:
    photos, index = tmp_path / "photos", tmp_path / "index.jsonl"
    for k in (1, 3):
        _save(photos / f"{k}.png", _scene(k))
    assert [p.name for p in list_photos(photos, index, licence="x")] == ["1.png", "3.png"]
    whole = index.read_bytes()
    index.write_bytes(whole[:-40])
    assert [p.name for p in list_photos(photos, index, licence="x")] == ["1.png", "3.png"]
    assert index.read_bytes() == whole
    _save(photos / "2.png", _scene(2))
    assert [p.name for p in list_photos(photos, index, licence="x")] == ["1.png", "3.png", "2.png"]


def test_a_photo_without_a_licence_is_named(tmp_path: Path) -> None:
    _save(tmp_path / "photos" / "a.png", _scene(1))
    with pytest.raises(ValueError, match=r"licence: a\.png has none"):
        plan(_job(tmp_path))
    (tmp_path / "photos" / "photos.csv").write_text("name,licence\n")
    with pytest.raises(ValueError, match="file: "):
        plan(_job(tmp_path), licence="x")
    with pytest.raises(ValueError, match="no picture"):
        list_photos(tmp_path / "out", tmp_path / "i", licence="x")


def test_photos_of_a_group_share_a_split(tmp_path: Path) -> None:
    for k in range(30):
        _save(tmp_path / "photos" / f"{k:02d}.jpg", _scene(k))
    lines = "".join(f"{k:02d}.jpg,CC0-1.0,,{'ab'[k % 2]}\n" for k in range(20))
    (tmp_path / "photos" / "photos.csv").write_text("file,licence,source,group\n" + lines)
    made = plan(_job(tmp_path), licence="x")
    by_group = {g: {one.split for one in made.planned if one.photo.group == g} for g in "ab"}
    assert all(len(splits) == 1 for splits in by_group.values())
    assert {one.split for one in made.planned} == {"train", "val"}


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_exported_pixels_are_the_upright_ones_at_full_size(orientation: int, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(_scene(5)).save(buffer, "JPEG", quality=92, exif=exif)
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a.jpg").write_bytes(buffer.getvalue())
    (photo,) = list_photos(photos, tmp_path / "index", licence="x")
    name, content = copy_photo(photos, photo, tmp_path, "train")
    seen = decode_photo(buffer.getvalue())
    assert seen.shape[:2] == (photo.height, photo.width)
    assert (photo.height > photo.width) == (orientation in (6, 8))
    # The benchmark's reader does not look at the note that turns pictures.
    assert np.abs(decode_image(content, Path(name)).astype(int) - seen).max() <= 4
    assert name.endswith(".jpg") == (orientation == 1)
