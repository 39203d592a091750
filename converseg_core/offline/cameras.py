"""What goes with a camera's pictures: its CameraInfo and its aligned depth topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converseg_core.bags import BagError

RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
CAMERA_INFO = "sensor_msgs/msg/CameraInfo"
_COMPRESSED_SUFFIXES = ("/compressed", "/compressedDepth")
_ALIGNED = ("aligned_depth", "depth_registered", "depth_to_color", "depth_to_rgb")


@dataclass(frozen=True)
class Camera:
    """One camera of a bag.

    Attributes:
        image: topic of its pictures.
        camera_info: topic of its CameraInfo; None for none.
        depth: topic of depth on the same pixel grid; None for none.
    """

    image: str
    camera_info: str | None = None
    depth: str | None = None

    @property
    def companions(self) -> list[str]:
        """The topics that go with its pictures."""
        return [topic for topic in (self.camera_info, self.depth) if topic is not None]


@dataclass(frozen=True)
class Intrinsics:
    """Pinhole model of a camera, pixels: ``CameraInfo.k``."""

    fx: float
    fy: float
    cx: float
    cy: float


def find_cameras(
    path: Path,
    images: Sequence[str],
    types: Mapping[str, str],
    *,
    camera_infos: Sequence[str] = (),
    depths: Sequence[str] = (),
    with_depth: bool = True,
) -> tuple[Camera, ...]:
    """Each camera with its companions; found by name where they are not given.

    By name: a CameraInfo topic beside the pictures' topic or under it; depth named ``depth`` beside it, or
    named as aligned to colour in the same namespace.

    Args:
        path: the bag, for messages.
        images: camera topics.
        types: topic -> message type, of all topics.
        camera_infos: one for each camera, in the same order; empty for by name.
        depths: as ``camera_infos``.
        with_depth: look for depth at all.

    Raises:
        BagError: given topics do not fit the cameras, or are of another type.
    """
    _check(path, images, types, camera_infos, "camera-info-topic", (CAMERA_INFO,))
    _check(path, images, types, depths, "depth-topic", (RAW, COMPRESSED))
    return tuple(
        Camera(
            image,
            camera_infos[k] if camera_infos else _camera_info(image, images, types),
            (depths[k] if depths else _depth(image, types)) if with_depth else None,
        )
        for k, image in enumerate(images)
    )


def intrinsics_of(camera_info: Any, size_hw: tuple[int, int]) -> Intrinsics | None:
    """Intrinsics from a CameraInfo of ROS 2 or ROS 1; None where the camera is not calibrated.

    Raises:
        ValueError: the CameraInfo is for pictures of another size.
    """
    size = (int(camera_info.height), int(camera_info.width))
    if size != size_hw:
        raise ValueError(
            f"its CameraInfo is for {size[1]}x{size[0]}, the picture is {size_hw[1]}x{size_hw[0]}; "
            "record the CameraInfo of this topic"
        )
    matrix = camera_info.K if hasattr(camera_info, "K") else camera_info.k
    fx, cx, fy, cy = (float(matrix[k]) for k in (0, 2, 4, 5))
    return Intrinsics(fx=fx, fy=fy, cx=cx, cy=cy) if fx > 0 and fy > 0 else None


def _check(
    path: Path,
    images: Sequence[str],
    types: Mapping[str, str],
    given: Sequence[str],
    option: str,
    wanted: Sequence[str],
) -> None:
    if given and len(given) != len(images):
        raise BagError(
            path,
            f"--{option}: {len(given)} topics for {len(images)} cameras; give one for each, in the order "
            f"{' '.join(images)}",
        )
    for topic in given:
        if types.get(topic) not in wanted:
            known = ", ".join(sorted(name for name, kind in types.items() if kind in wanted)) or "none"
            found = f"is {types[topic]}" if topic in types else "is not in the bag"
            raise BagError(path, f"--{option}: {topic} {found}; of {' or '.join(wanted)} it holds: {known}")


def _base(image: str) -> str:
    """Topic of the pictures without what their transport adds."""
    for suffix in _COMPRESSED_SUFFIXES:
        image = image.removesuffix(suffix)
    return image


def _camera_info(image: str, images: Sequence[str], types: Mapping[str, str]) -> str | None:
    base = _base(image)
    infos = sorted(name for name, kind in types.items() if kind == CAMERA_INFO)
    for name in (f"{base.rpartition('/')[0]}/camera_info", f"{base}/camera_info"):
        if name in infos:
            return name
    of_colour = [name for name in infos if "depth" not in name and "infra" not in name]
    return of_colour[0] if len(images) == 1 and len(of_colour) == 1 else None


def _depth(image: str, types: Mapping[str, str]) -> str | None:
    folder = _base(image).rpartition("/")[0]
    pictures = sorted(name for name, kind in types.items() if kind in (RAW, COMPRESSED))
    for name in (f"{folder}/depth", f"{folder}/depth/compressedDepth"):
        if name in pictures:
            return name
    # /camera/color/image_raw and /camera/aligned_depth_to_color/image_raw share /camera.
    namespaces = {folder, folder.rpartition("/")[0]} - {""}
    aligned = [
        name
        for name in pictures
        if any(word in name for word in _ALIGNED)
        and any(name.startswith(f"{namespace}/") for namespace in namespaces)
    ]
    raw_first = sorted(aligned, key=lambda name: (types[name] != RAW, not name.endswith("Depth"), name))
    return raw_first[0] if raw_first else None
