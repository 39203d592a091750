from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

import converseg_core
from converseg_core.answer import Status
from converseg_core.bags import read_messages
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.sample_bag import (
    EPOCH_NS,
    FRAME_PERIOD_NS,
    TOPICS,
    SampleBag,
    instruction_times_ns,
    write_sample_bag,
)

SHIPPED = Path(converseg_core.__file__).parent / "samples" / "cluttered_table"


def stamp_ns(message: object) -> int:
    stamp = message.header.stamp  # type: ignore[attr-defined]
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def test_the_shipped_bag_is_small_complete_and_on_time() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 8_000_000
    frames = [EPOCH_NS + k * FRAME_PERIOD_NS for k in range(100)]
    stamps: dict[str, list[int]] = {topic: [] for topic in TOPICS}
    truths: dict[str, list[Status]] = {}
    concepts: dict[str, str] = {}
    spoken: list[tuple[int, str]] = []
    last_ns = 0
    for entry in read_messages(SHIPPED):
        assert entry.time_ns >= last_ns
        last_ns = entry.time_ns
        if entry.topic == "/instruction":
            spoken.append((entry.time_ns, entry.message.data))
            continue
        stamps[entry.topic].append(stamp_ns(entry.message))
        assert entry.time_ns == stamp_ns(entry.message)
        if entry.topic == "/truth/segmentation":
            truths.setdefault(entry.message.prompt, []).append(Status(entry.message.status))
            concepts[entry.message.prompt] = entry.message.concept
    for topic in ("/camera/camera_info", "/camera/image/compressed", "/camera/depth"):
        assert stamps[topic] == frames
    assert stamps["/truth/segmentation"] == [frame for frame in frames for _ in range(6)]
    assert [time for time, _ in spoken] == [EPOCH_NS + round(t * 1e9) for t in (1.0, 2.4, 3.8, 5.2, 6.6, 8.0)]
    assert {prompt for _, prompt in spoken} == set(truths)
    assert all(len(statuses) == 100 and len(set(statuses)) == 1 for statuses in truths.values())
    assert Counter(statuses[0] for statuses in truths.values()) == {Status.OK: 5, Status.NO_TARGET: 1}
    assert len(set(concepts.values())) == 5


@pytest.fixture(scope="module")
def short_bag(tmp_path_factory: pytest.TempPathFactory, renderer: Renderer) -> Path:
    out = tmp_path_factory.mktemp("bag") / "short"
    write_sample_bag(SampleBag(out=out, num_frames=12, width=320, height=240))
    return out


@pytest.mark.egl
def test_the_same_seed_gives_the_same_bytes(short_bag: Path, tmp_path: Path) -> None:
    """On one machine. Another GL driver may shade pixels differently; stamps, words and poses stay."""
    again = tmp_path / short_bag.name
    write_sample_bag(SampleBag(out=again, num_frames=12, width=320, height=240))
    assert sorted(p.name for p in again.iterdir()) == sorted(p.name for p in short_bag.iterdir())
    for path in again.iterdir():
        assert path.read_bytes() == (short_bag / path.name).read_bytes()


@pytest.mark.egl
def test_truth_depth_and_pictures_belong_together(short_bag: Path) -> None:
    by_topic: dict[str, list[object]] = {topic: [] for topic in TOPICS}
    for entry in read_messages(short_bag):
        by_topic[entry.topic].append(entry.message)
    assert len(by_topic["/instruction"]) == 1
    assert len(by_topic["/truth/segmentation"]) == 12 * 6
    for message in by_topic["/truth/segmentation"]:
        mask = np.frombuffer(bytes(message.mask.data), np.uint8).reshape(240, 320)  # type: ignore[attr-defined]
        assert set(np.unique(mask)) <= {0, 255}
        assert message.area_px == np.count_nonzero(mask)  # type: ignore[attr-defined]
        assert (message.status == Status.OK) == bool(mask.any())  # type: ignore[attr-defined]
        roi = message.roi  # type: ignore[attr-defined]
        if mask.any():
            inside = mask[roi.y_offset : roi.y_offset + roi.height, roi.x_offset : roi.x_offset + roi.width]
            assert np.count_nonzero(inside) == np.count_nonzero(mask)
            assert inside[0].any()
            assert inside[-1].any()
            assert inside[:, 0].any()
            assert inside[:, -1].any()
    for info, picture, depth in zip(
        by_topic["/camera/camera_info"],
        by_topic["/camera/image/compressed"],
        by_topic["/camera/depth"],
        strict=True,
    ):
        assert stamp_ns(info) == stamp_ns(picture) == stamp_ns(depth)
        assert cv2.imdecode(np.asarray(picture.data), cv2.IMREAD_COLOR).shape == (240, 320, 3)  # type: ignore[attr-defined]
        assert depth.encoding == "16UC1"  # type: ignore[attr-defined]
        assert depth.step == 640  # type: ignore[attr-defined]
        millimetres = np.frombuffer(bytes(depth.data), "<u2").reshape(240, 320)  # type: ignore[attr-defined]
        assert 0.6 < np.mean(millimetres > 0) < 1.0
        assert 300 < np.median(millimetres[millimetres > 0]) < 3000
        assert info.k[0] == pytest.approx(120 / np.tan(np.radians(22.5)))  # type: ignore[attr-defined]


def test_instructions_after_the_last_frame_are_left_out(tmp_path: Path) -> None:
    times = instruction_times_ns(SampleBag(out=tmp_path, num_frames=30), 6)
    assert [(t - EPOCH_NS) / 1e9 for t in times] == [1.0, 2.4]
    assert len(instruction_times_ns(SampleBag(out=tmp_path), 6)) == 6


def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="out:"):
        write_sample_bag(SampleBag(out=tmp_path))
    assert tmp_path.is_dir()
    with pytest.raises(ValueError, match="num_frames"):
        SampleBag(out=tmp_path, num_frames=1)
