"""The frames of a bag that are to be answered, in order, and the account of all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from converseg_core.bags import BagError
from converseg_core.offline.companions import Companion, Framed, Matches, Pairer
from converseg_core.offline.pictures import frame_name
from converseg_core.offline.questions import Questions
from converseg_core.offline.source import FirstTypes, Message, Topics, stamp_ns, stream


@dataclass
class CameraAccount:
    """What went with a camera's frames.

    Attributes:
        camera_info_topic: None for none.
        depth_topic: None for none.
        frame_id: of the first frame's header.
        camera_info: how each frame's CameraInfo was found.
        depth: how each frame's depth was found.
    """

    camera_info_topic: str | None = None
    depth_topic: str | None = None
    frame_id: str = ""
    camera_info: Matches = field(default_factory=Matches)
    depth: Matches = field(default_factory=Matches)


@dataclass
class Account:
    """What became of every frame.

    Attributes:
        num_frames: frames seen on the camera topics.
        num_skipped: of those, left out by ``every``.
        num_unasked: of those, seen while nothing was asked.
        num_in: frames that were to be answered: all others.
        problems: faults of the bag, in words; what could be read was kept.
        cameras: camera topic -> what went with its frames.
        reading_s: time spent reading and decoding messages and pictures, and hashing them.
        model_s: time spent in the model.
        writing_s: time spent on the annotated bag and the rows.
        num_image_bytes: size of the pictures that were decoded, as arrays.
    """

    num_frames: int = 0
    num_skipped: int = 0
    num_unasked: int = 0
    num_in: int = 0
    problems: list[str] = field(default_factory=list)
    cameras: dict[str, CameraAccount] = field(default_factory=dict)
    reading_s: float = 0.0
    model_s: float = 0.0
    writing_s: float = 0.0
    num_image_bytes: int = 0


@dataclass(frozen=True)
class Frame:
    """One message of a camera that is to be answered.

    Attributes:
        number: counts all frames of the bag, of every camera.
        name: camera topic and the frame's number.
        message: the recorded picture.
        prompts: what is asked about it.
        camera_info: its CameraInfo, where there is one.
        depth: its depth picture, where there is one.
    """

    number: int
    name: str
    message: Message
    prompts: list[str]
    camera_info: Companion | None
    depth: Companion | None


def walk_frames(
    bag: Path,
    topics: Topics,
    questions: Questions,
    account: Account,
    *,
    every: int,
    tolerance_ns: int,
    on_frame: Callable[[int], None],
) -> Iterator[Frame]:
    """Frames that are to be answered, in order of recording; counts all, and notes every fault it meets.

    Args:
        bag: the recording.
        topics: which of its topics are what.
        questions: what is asked about each frame.
        account: where frames are counted and faults noted.
        every: of each camera, every Nth frame.
        tolerance_ns: how far the stamps of a frame and its companions may lie apart.
        on_frame: called with the number of frames seen so far.
    """
    seen = dict.fromkeys(topics.images, 0)
    last_stamp_ns: dict[str, int] = {}
    strange: set[tuple[str, str]] = set()
    kinds = FirstTypes(topics)
    account.cameras = {
        camera.image: CameraAccount(camera.camera_info, camera.depth) for camera in topics.cameras
    }
    pairer = Pairer(topics.cameras, tolerance_ns=tolerance_ns)
    framed_messages = pairer.pair(stream(bag, topics.used))
    while True:
        framed = _next(framed_messages, account)
        if framed is None:
            return
        message = framed.message
        if not kinds.fits(message):
            if (message.topic, message.type_name) not in strange:
                strange.add((message.topic, message.type_name))
                before = kinds.first.get(message.topic, "nothing")
                account.problems.append(
                    f"{message.topic} changes its type from {before} to {message.type_name}; "
                    "its messages of the second type are left out"
                )
            continue
        if message.topic == topics.instruction:
            questions.hear(message.message.data)
            continue
        number, index = account.num_frames, seen[message.topic]
        account.num_frames += 1
        seen[message.topic] += 1
        on_frame(account.num_frames)
        stamp = stamp_ns(message.message)
        if stamp < last_stamp_ns.get(message.topic, stamp):
            account.problems.append(
                f"{message.topic}: the stamp of frame {index} ({stamp}) is before that of the frame before it"
            )
        last_stamp_ns[message.topic] = stamp
        _count_companions(account.cameras[message.topic], framed, index)
        prompts = questions.at(message.time_ns)
        if index % every:
            account.num_skipped += 1
        elif not prompts:
            account.num_unasked += 1
        else:
            account.num_in += 1
            name = frame_name(message.topic, index)
            yield Frame(number, name, message, prompts, framed.camera_info, framed.depth)


def _next(messages: Iterator[Framed], account: Account) -> Framed | None:
    start = time.perf_counter()
    try:
        return next(messages, None)
    except BagError as error:
        account.problems.append(str(error))
        return None
    finally:
        account.reading_s += time.perf_counter() - start


def _count_companions(camera: CameraAccount, framed: Framed, index: int) -> None:
    if index == 0:
        camera.frame_id = str(framed.message.message.header.frame_id)
    if camera.camera_info_topic is not None:
        camera.camera_info.count(framed.camera_info)
    if camera.depth_topic is not None:
        camera.depth.count(framed.depth)
