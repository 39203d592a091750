"""The interface texts inside the package are the interfaces themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from converseg_core.bags import message_texts, typestore

ROOT = Path(__file__).resolve().parents[3]


def test_the_copies_equal_the_originals() -> None:
    originals = {
        f"converseg/msg/{path.stem}": path.read_text(encoding="utf-8")
        for path in (ROOT / "msg").glob("*.msg")
    }
    assert originals
    assert message_texts() == originals


def test_a_segmentation_survives_cdr() -> None:
    types = typestore().types
    header = types["std_msgs/msg/Header"](
        stamp=types["builtin_interfaces/msg/Time"](sec=7, nanosec=9), frame_id="cam"
    )
    mask = types["sensor_msgs/msg/Image"](
        header=header,
        height=1,
        width=3,
        encoding="mono8",
        is_bigendian=0,
        step=3,
        data=np.array([0, 255, 0], np.uint8),
    )
    roi = types["sensor_msgs/msg/RegionOfInterest"](
        x_offset=1, y_offset=0, height=1, width=1, do_rectify=False
    )
    name = "converseg/msg/Segmentation"
    message = types[name](
        header=header,
        request_id="r1",
        prompt="the müg ☕",
        concept="entities",
        status=types[name].STATUS_OK,  # type: ignore[attr-defined]
        status_text="",
        confidence=0.5,
        no_target_score=0.25,
        mask=mask,
        roi=roi,
        area_px=1,
        propagated=False,
        answered_stamp=header.stamp,  # type: ignore[attr-defined]
        frame_age_s=0.125,
        stage_names=["encode", "segment"],
        stage_durations_s=np.array([0.5, 0.25]),
        model_id="m@1",
    )
    raw = typestore().serialize_cdr(message, name)
    back = typestore().deserialize_cdr(raw, name)
    assert back.prompt == "the müg ☕"  # type: ignore[attr-defined]
    assert back.status == 1  # type: ignore[attr-defined]
    assert back.stage_durations_s.tolist() == [0.5, 0.25]  # type: ignore[attr-defined]
    assert back.mask.data.tolist() == [0, 255, 0]  # type: ignore[attr-defined]
