"""The sample bag: a camera moves round a cluttered table while somebody asks for things.

Six topics: compressed colour, camera info, aligned depth, the spoken instructions, and for every frame
the true answer to each of them. The mcap file is written with zstd chunks by ``rosbags``, without ROS.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from converseg_core.answer import Status
from converseg_core.bags import typestore
from converseg_engine.progress import counted
from converseg_engine.sim.camera import Camera
from converseg_engine.sim.questions.facts import Member
from converseg_engine.sim.render import Renderer, View
from converseg_engine.sim.stereo import StereoSensor
from converseg_engine.sim.tour import Instruction, choose_instructions, sweep
from converseg_engine.sim.world import World, make_world

FRAME_ID = "camera_color_optical_frame"
EPOCH_NS = 1_750_000_000_000_000_000
FRAME_PERIOD_NS = 100_000_000
JPEG_QUALITY = 85
NOISE_SIGMA = 0.006
KEY_FRAME_STEP = 10
FIRST_INSTRUCTION_S, INSTRUCTION_STEP_S = 1.0, 1.4

TOPICS: dict[str, str] = {
    "/camera/camera_info": "sensor_msgs/msg/CameraInfo",
    "/camera/image/compressed": "sensor_msgs/msg/CompressedImage",
    "/camera/depth": "sensor_msgs/msg/Image",
    "/instruction": "std_msgs/msg/String",
    "/truth/segmentation": "converseg/msg/Segmentation",
}


@dataclass(frozen=True, kw_only=True)
class SampleBag:
    """Write a sample bag: a moving camera, depth, spoken instructions, true masks.

    Attributes:
        out: folder of the bag; must not exist, unless ``overwrite``.
        seed: the scene; below 1,000,000 it may be one that a model was trained or tested on.
        num_frames: frames, 100 ms apart; instructions that would come later are left out.
        width: pixels.
        height: pixels.
        overwrite: replace an earlier bag.
    """

    out: Path
    seed: int = 1_000_012
    num_frames: int = 100
    width: int = 640
    height: int = 480
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.num_frames < 2:
            raise ValueError("num_frames: at least 2")


def _stamp(time_ns: int) -> Any:
    return typestore().types["builtin_interfaces/msg/Time"](
        sec=time_ns // 1_000_000_000, nanosec=time_ns % 1_000_000_000
    )


def _header(time_ns: int) -> Any:
    return typestore().types["std_msgs/msg/Header"](stamp=_stamp(time_ns), frame_id=FRAME_ID)


def _roi(x: int, y: int, width: int, height: int) -> Any:
    return typestore().types["sensor_msgs/msg/RegionOfInterest"](
        x_offset=x, y_offset=y, height=height, width=width, do_rectify=False
    )


def _image(time_ns: int, pixels: NDArray[Any], encoding: str) -> Any:
    return typestore().types["sensor_msgs/msg/Image"](
        header=_header(time_ns),
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=pixels.shape[1] * pixels.itemsize,
        data=np.frombuffer(pixels.tobytes(), dtype=np.uint8),
    )


def _camera_info(time_ns: int, camera: Camera) -> Any:
    k = camera.intrinsics
    return typestore().types["sensor_msgs/msg/CameraInfo"](
        header=_header(time_ns),
        height=camera.height,
        width=camera.width,
        distortion_model="plumb_bob",
        d=np.zeros(5),
        k=k.ravel(),
        r=np.eye(3).ravel(),
        p=np.concatenate([k, np.zeros((3, 1))], axis=1).ravel(),
        binning_x=0,
        binning_y=0,
        roi=_roi(0, 0, 0, 0),
    )


def _compressed(time_ns: int, rgb: NDArray[np.uint8]) -> Any:
    good, encoded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not good:
        raise RuntimeError("the JPEG encoder failed on a rendered picture")
    return typestore().types["sensor_msgs/msg/CompressedImage"](
        header=_header(time_ns), format="rgb8; jpeg compressed bgr8", data=encoded.ravel()
    )


def answer_mask(view: View, members: frozenset[Member]) -> NDArray[np.bool_]:
    """The pixels of an answer in one view, (H, W) bool."""
    mask = np.zeros(view.owner.shape, dtype=np.bool_)
    for index, part in members:
        mask |= (view.owner == index) & ((view.part == part) if part >= 0 else True)
    return mask


def _truth(time_ns: int, number: int, instruction: Instruction, view: View) -> Any:
    mask = answer_mask(view, instruction.members)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    found = rows.size > 0
    if instruction.members and not found:
        raise ValueError(f"seed: {instruction.prompt!r} leaves the picture on the way; choose another seed")
    roi = (
        _roi(int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
        if found
        else _roi(0, 0, 0, 0)
    )
    return typestore().types["converseg/msg/Segmentation"](
        header=_header(time_ns),
        request_id=f"truth-{number}",
        prompt=instruction.prompt,
        concept=instruction.concept,
        status=int(Status.OK if found else Status.NO_TARGET),
        status_text="" if found else "nothing in the scene fits the instruction",
        confidence=1.0,
        no_target_score=0.0 if found else 1.0,
        mask=_image(time_ns, np.where(mask, np.uint8(255), np.uint8(0)), "mono8"),
        roi=roi,
        area_px=int(np.count_nonzero(mask)),
        propagated=False,
        answered_stamp=_stamp(time_ns),
        frame_age_s=0.0,
        stage_names=[],
        stage_durations_s=np.zeros(0),
        model_id="truth",
    )


def instruction_times_ns(config: SampleBag, num_instructions: int) -> list[int]:
    """When each instruction is spoken; those after the last frame are left out."""
    last = EPOCH_NS + (config.num_frames - 1) * FRAME_PERIOD_NS
    times = [
        EPOCH_NS + round((FIRST_INSTRUCTION_S + k * INSTRUCTION_STEP_S) * 10) * FRAME_PERIOD_NS
        for k in range(num_instructions)
    ]
    return [time for time in times if time <= last]


def messages(
    config: SampleBag, world: World, instructions: tuple[Instruction, ...], views: Iterator[View]
) -> Iterator[tuple[str, int, Any]]:
    """(topic, recording time in ns, message), in the order of time."""
    spoken = dict(zip(instruction_times_ns(config, len(instructions)), instructions, strict=False))
    noise_rng = np.random.default_rng([config.seed, 1_000_006])
    string = typestore().types["std_msgs/msg/String"]
    sensor = StereoSensor()
    for k, view in enumerate(views):
        now = EPOCH_NS + k * FRAME_PERIOD_NS
        noise = noise_rng.normal(0, 255 * NOISE_SIGMA, size=view.rgb.shape)
        rgb = np.clip(np.round(view.rgb + noise), 0, 255).astype(np.uint8)
        depth = sensor.measure(view.depth_m, float(view.camera.intrinsics[0, 0]))
        yield "/camera/camera_info", now, _camera_info(now, view.camera)
        yield "/camera/image/compressed", now, _compressed(now, rgb)
        yield "/camera/depth", now, _image(now, depth.astype("<u2"), "16UC1")
        for number, instruction in enumerate(instructions):
            yield "/truth/segmentation", now, _truth(now, number, instruction, view)
        if now in spoken:
            yield "/instruction", now, string(data=spoken[now].prompt)


def write_sample_bag(config: SampleBag) -> tuple[Instruction, ...]:
    """Render the tour and write the bag, which appears whole or not at all; returns the instructions.

    Raises:
        ValueError: the folder exists, or the seed's scene offers no fitting instructions.
    """
    if config.out.exists() and not config.overwrite:
        raise ValueError(f"out: {config.out} exists; choose another folder or pass --overwrite")
    world = make_world(config.seed, min_objects=8, max_objects=9)
    cameras = sweep(
        world, config.seed, num_frames=config.num_frames, width=config.width, height=config.height
    )
    key_cameras = [*cameras[:: KEY_FRAME_STEP // 2], cameras[-1]]
    # The storage file takes its folder's name, so the unfinished bag lies in a folder of its own.
    staging = config.out.with_name(f".{config.out.name}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    partial_path = staging / config.out.name
    store = typestore()
    try:
        with Renderer(width=config.width, height=config.height) as renderer:
            instructions = choose_instructions(world, list(renderer.views(world, key_cameras)), config.seed)
            writer = Writer(partial_path, version=9, storage_plugin=StoragePlugin.MCAP)
            writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
            with writer:
                connections = {
                    t: writer.add_connection(t, kind, typestore=store) for t, kind in TOPICS.items()
                }
                views = renderer.views(world, cameras)
                shown = counted(views, "frames", total=config.num_frames)
                for topic, time_ns, message in messages(config, world, instructions, shown):
                    writer.write(connections[topic], time_ns, store.serialize_cdr(message, TOPICS[topic]))
        if config.out.exists():
            shutil.rmtree(config.out)
        partial_path.replace(config.out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return instructions
