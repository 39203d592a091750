"""Every frame once, in order, whatever the bag is like; and a killed run that goes on."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from converseg_core.answer import Status
from converseg_core.bags import read_messages
from converseg_core.cli.bag import answering, command
from converseg_core.cli.errors import CommandError, UsageError
from converseg_core.evaluation.predictions_file import read_predictions
from converseg_core.offline import run
from tests.core.offline.bags import (
    BRIGHT,
    PERIOD_NS,
    SIZE_HW,
    START_NS,
    BrightModel,
    compressed_image,
    frames,
    raw_image,
    truth,
    words,
    write_bag,
)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> BrightModel:
    """The model that the command loads."""
    bright = BrightModel()
    monkeypatch.setattr(answering, "load_model", lambda _: bright)
    return bright


def go(bag: Path, *args: str, out: str = "out") -> tuple[int, list[Any], dict[str, Any]]:
    """Run the command; exit code, predictions, metrics."""
    folder = bag.parent / out
    code = command.main([str(bag), "--out", str(folder), "--no-report", *args])
    rows = read_predictions(folder / "predictions.parquet").predictions
    return code, list(rows), json.loads((folder / "metrics.json").read_text())


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
@pytest.mark.parametrize("make", [raw_image, compressed_image])
def test_every_frame_once_in_order(tmp_path: Path, model: BrightModel, storage: str, make: Any) -> None:
    bag = write_bag(tmp_path / "bag", frames(25, make=make), storage=storage)
    code, rows, metrics = go(bag, "--prompt", BRIGHT, "nothing")
    assert code == 0
    assert model.num_encoded == 25
    assert [row.stamp_ns for row in rows] == [START_NS + k // 2 * PERIOD_NS for k in range(50)]
    for k, row in enumerate(rows):
        assert row.status is (Status.NO_TARGET if k % 2 else Status.OK)
        assert row.answer is not None
        assert np.array_equal(row.answer.decode(), truth(k // 2) & (k % 2 == 0))
    assert metrics["frames"]["num_in"] == metrics["frames"]["num_out"] == 25
    assert not (tmp_path / "out" / "unfinished").exists()


def test_instructions_of_the_bag_stand_until_the_next(tmp_path: Path, model: BrightModel) -> None:
    said = [("/robot/instruction", START_NS + 25 * PERIOD_NS // 10, words(BRIGHT))]
    said += [("/robot/instruction", START_NS + 6 * PERIOD_NS, words("nothing"))]
    said += [("/robot/instruction", START_NS + 85 * PERIOD_NS // 10, words("  "))]
    bag = write_bag(tmp_path / "bag", said + frames(12))
    code, rows, metrics = go(bag)
    assert code == 0
    prompts = [row.prompt for row in rows]
    assert prompts[:3] == [BRIGHT] * 3  # frames 3, 4, 5
    assert set(prompts[4:]) == {"nothing"}
    assert metrics["frames"]["num_unasked"] == 3 + 3
    assert len(rows) == metrics["frames"]["num_in"] == 6


def test_instructions_from_a_file_and_every_second_frame(tmp_path: Path, model: BrightModel) -> None:
    (tmp_path / "said.csv").write_text(f'time,words\n0.0,{BRIGHT}\n0.45,"nothing"\n')
    bag = write_bag(tmp_path / "bag", frames(10))
    _, rows, metrics = go(bag, "--instructions", str(tmp_path / "said.csv"), "--every", "2")
    assert [row.prompt for row in rows] == [BRIGHT, BRIGHT, BRIGHT, "nothing", "nothing"]
    assert metrics["frames"]["num_skipped"] == 5


def test_several_cameras_and_their_twins(tmp_path: Path, model: BrightModel) -> None:
    entries = frames(6, topic="/left/image") + frames(
        6, topic="/right/image/compressed", make=compressed_image
    )
    entries += frames(6, topic="/left/image/compressed", make=compressed_image)
    entries += [("/left/depth/image", START_NS, raw_image(np.zeros(SIZE_HW, np.uint8), START_NS))]
    bag = write_bag(tmp_path / "bag", entries)
    _, rows, _ = go(bag, "--prompt", BRIGHT)
    cameras = [row.image.split("#")[0] for row in rows]
    assert sorted(set(cameras)) == ["/left/image", "/right/image/compressed"]
    assert len(rows) == 12
    topics = {message.topic for message in read_messages(tmp_path / "out" / "annotated")}
    assert "/segmenter/left_image/segmentation" in topics
    assert "/segmenter/right_image_compressed/mask" in topics


def true_masks(num: int, *, offset_ns: int = 0) -> list[Any]:
    times = [START_NS + index * PERIOD_NS for index in range(num)]
    return [
        ("/mask", time, raw_image(truth(index).astype(np.uint8) * 255, time + offset_ns))
        for index, time in enumerate(times)
    ]


def test_truth_by_exact_stamp_then_by_tolerance(tmp_path: Path, model: BrightModel) -> None:
    late = 3_000_000
    entries = frames(20) + true_masks(12) + true_masks(16, offset_ns=late)[12:]
    bag = write_bag(tmp_path / "bag", entries)
    _, rows, metrics = go(bag, "--prompt", BRIGHT, "--truth-topic", "/mask", "--tolerance-s", "0.005")
    found = {key: metrics["truth"][key] for key in ("num_exact", "num_near", "num_without")}
    assert found == {"num_exact": 12, "num_near": 4, "num_without": 4}
    assert [row.truth_offset_ns for row in rows] == [0] * 12 + [late] * 4 + [None] * 4
    assert metrics["table"][-1]["num_samples"] == 16
    assert metrics["table"][-1]["giou"] == 1.0


def test_truth_from_a_folder(tmp_path: Path, model: BrightModel) -> None:
    (tmp_path / "masks").mkdir()
    for index in range(3):
        stamp = START_NS + index * PERIOD_NS
        name = f"{stamp // 10**9}.{stamp % 10**9:09d}.png" if index % 2 else f"{stamp}.png"
        Image.fromarray(truth(index).astype(np.uint8) * 255).save(tmp_path / "masks" / name)
    bag = write_bag(tmp_path / "bag", frames(4))
    _, rows, metrics = go(bag, "--prompt", BRIGHT, "--truth-folder", str(tmp_path / "masks"))
    assert metrics["truth"]["num_exact"] == 3
    assert [row.truth is None for row in rows] == [False, False, False, True]
    with pytest.raises(CommandError, match="no mask named by its stamp"):
        go(bag, "--prompt", BRIGHT, "--truth-folder", str(tmp_path / "out"), out="other")


def test_the_annotated_bag_says_what_the_predictions_say(tmp_path: Path, model: BrightModel) -> None:
    bag = write_bag(tmp_path / "bag", frames(5))
    _, rows, _ = go(bag, "--prompt", BRIGHT)
    messages = list(read_messages(tmp_path / "out" / "annotated"))
    segmentations = [m for m in messages if m.topic == "/segmenter/segmentation"]
    assert len(messages) == 3 * len(segmentations) == 3 * len(rows)
    for message, row in zip(segmentations, rows, strict=True):
        content = message.message
        assert message.time_ns == row.time_ns
        stamp = content.header.stamp
        assert stamp.sec * 10**9 + stamp.nanosec == row.stamp_ns
        assert row.answer is not None
        assert np.array_equal(content.mask.data.reshape(SIZE_HW) == 255, row.answer.decode())
        assert (content.prompt, content.area_px, content.status) == (
            row.prompt,
            row.answer.area_px,
            row.status,
        )
        assert (content.roi.x_offset, content.roi.y_offset) == row.answer.box_xywh[:2]


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    tmp_path: Path, model: BrightModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FRAMES_A_PART", 4)
    said = [
        ("/instruction", START_NS + 150_000_000, words(BRIGHT)),
        ("/instruction", START_NS + 10**9, words("nothing")),
    ]
    bag = write_bag(tmp_path / "bag", said + frames(22))
    code, whole, _ = go(bag, out="whole")
    assert code == 0
    num_frames = model.num_encoded
    answer = BrightModel.encode

    def dies(self: BrightModel, image: Any) -> Any:
        if self.num_encoded == num_frames + 10:
            raise Killed
        return answer(self, image)

    monkeypatch.setattr(BrightModel, "encode", dies)
    with pytest.raises(Killed):
        go(bag)
    assert not (tmp_path / "out" / "predictions.parquet").exists()
    monkeypatch.setattr(BrightModel, "encode", answer)
    model.num_encoded = 0
    code, rows, metrics = go(bag)
    assert code == 0
    assert model.num_encoded == num_frames - 8  # two parts of four frames stood
    assert rows == whole
    assert metrics["frames"]["num_in"] == metrics["frames"]["num_out"] == num_frames
    for name in ("whole", "out"):
        assert len(list(read_messages(tmp_path / name / "annotated"))) == 3 * num_frames - sum(
            row.prompt == "crash" for row in rows
        )


def test_other_settings_start_afresh(
    tmp_path: Path, model: BrightModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = write_bag(tmp_path / "bag", frames(8))
    monkeypatch.setattr(run, "FRAMES_A_PART", 2)
    monkeypatch.setattr(answering, "finish", lambda *_, **__: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        go(bag, "--prompt", "nothing")
    monkeypatch.undo()
    monkeypatch.setattr(answering, "load_model", lambda _: model)
    _, rows, _ = go(bag, "--prompt", BRIGHT)
    assert {row.prompt for row in rows} == {BRIGHT}
    assert len(rows) == 8


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_cut_off_bag_keeps_what_it_has_and_exits_1(
    tmp_path: Path, model: BrightModel, storage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_bag(tmp_path / "bag", frames(400), storage=storage, compress=False)
    (file,) = (path for path in bag.iterdir() if path.suffix in (".mcap", ".db3"))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 6 // 10])
    (bag / "metadata.yaml").unlink()
    code, rows, metrics = go(bag, "--prompt", BRIGHT)
    assert code == 1
    assert 0 < len(rows) < 400
    assert [row.stamp_ns for row in rows] == [START_NS + k * PERIOD_NS for k in range(len(rows))]
    assert metrics["frames"]["num_in"] == metrics["frames"]["num_out"] == len(rows)
    assert "cut off or damaged" in capsys.readouterr().err


def test_stamps_that_go_backwards_are_named(
    tmp_path: Path, model: BrightModel, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = frames(6)
    back = START_NS - 5 * PERIOD_NS
    entries[3] = (entries[3][0], entries[3][1], raw_image(np.zeros((*SIZE_HW, 3), np.uint8), back))
    code, rows, _ = go(write_bag(tmp_path / "bag", entries), "--prompt", BRIGHT)
    assert code == 1
    assert len(rows) == 6
    assert f"the stamp of frame 3 ({back}) is before" in capsys.readouterr().err


def test_a_topic_that_changes_its_type_is_named(
    tmp_path: Path, model: BrightModel, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = frames(6)
    entries += [("/camera/image", START_NS + 10 * PERIOD_NS, words("no picture"))]
    code, rows, _ = go(
        write_bag(tmp_path / "bag", entries), "--prompt", BRIGHT, "--image-topic", "/camera/image"
    )
    assert code == 1
    assert len(rows) == 6
    assert "/camera/image changes its type" in capsys.readouterr().err


def test_a_frame_that_cannot_be_read_is_an_error_not_a_gap(tmp_path: Path, model: BrightModel) -> None:
    entries = frames(5)
    broken = dataclasses.replace(entries[2][2], step=7)
    entries[2] = (*entries[2][:2], broken)
    code, rows, metrics = go(write_bag(tmp_path / "bag", entries), "--prompt", BRIGHT)
    assert code == 1
    assert [row.status for row in rows] == [Status.OK, Status.OK, Status.ERROR, Status.OK, Status.OK]
    assert "step" in rows[2].status_text
    assert metrics["frames"]["num_in"] == metrics["frames"]["num_out"] == 5


def test_what_cannot_start_says_why(tmp_path: Path, model: BrightModel) -> None:
    bag = write_bag(tmp_path / "bag", frames(3))
    with pytest.raises(UsageError, match="nothing to ask"):
        go(bag)
    with pytest.raises(CommandError, match="no topic /nope"):
        go(bag, "--prompt", BRIGHT, "--image-topic", "/nope")
    with pytest.raises(CommandError, match="holds no camera"):
        go(write_bag(tmp_path / "silent", [("/instruction", START_NS, words("x"))]))
    with pytest.raises(CommandError, match="does not exist"):
        go(tmp_path / "gone", "--prompt", BRIGHT)
    (tmp_path / "empty.mcap").touch()
    with pytest.raises(CommandError, match="is empty"):
        go(tmp_path / "empty.mcap", "--prompt", BRIGHT)
    (tmp_path / "said.csv").write_text("0.0,a\nsoon,b\n")
    with pytest.raises(CommandError, match=r"said\.csv:2"):
        go(bag, "--instructions", str(tmp_path / "said.csv"))
    shutil.rmtree(bag)


def write_ros1_bag(path: Path, num: int) -> Path:
    from rosbags.rosbag1 import Writer
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS1_NOETIC)
    types = store.types
    writer = Writer(path)
    writer.chunk_threshold = 8192
    with writer:
        connection = writer.add_connection("/camera/image", "sensor_msgs/msg/Image", typestore=store)
        for topic, time_ns, message in frames(num):
            stamp = message.header.stamp
            head = types["std_msgs/msg/Header"](
                seq=1,
                stamp=types["builtin_interfaces/msg/Time"](sec=stamp.sec, nanosec=stamp.nanosec),
                frame_id="camera",
            )
            fields = {
                name: getattr(message, name) for name in ("height", "width", "encoding", "step", "data")
            }
            image = types["sensor_msgs/msg/Image"](header=head, is_bigendian=0, **fields)
            writer.write(connection, time_ns, store.serialize_ros1(image, "sensor_msgs/msg/Image"))
            assert topic == "/camera/image"
    return path


def test_a_ros_1_bag_gives_the_same_answers_and_a_cut_off_one_what_it_has(
    tmp_path: Path, model: BrightModel, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_ros1_bag(tmp_path / "old.bag", 20)
    _, old, _ = go(bag, "--prompt", BRIGHT)
    _, new, _ = go(write_bag(tmp_path / "new", frames(20)), "--prompt", BRIGHT, out="out2")
    assert old == new
    (tmp_path / "cut.bag").write_bytes(bag.read_bytes()[: bag.stat().st_size * 7 // 10])
    capsys.readouterr()
    code, kept, metrics = go(tmp_path / "cut.bag", "--prompt", BRIGHT, out="out3")
    assert code == 1
    assert 8 < len(kept) < 20
    assert kept == old[: len(kept)]
    assert metrics["frames"]["num_in"] == metrics["frames"]["num_out"] == len(kept)
    assert "cut off or damaged" in capsys.readouterr().err
