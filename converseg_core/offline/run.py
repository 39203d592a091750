"""Answer every frame of a bag, once and in order; go on where an earlier run stopped."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from converseg_core.answer import Answer, Status, failed
from converseg_core.bags import BagError
from converseg_core.evaluation.parts import Parts
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.predictions_file import RunInfo, iter_predictions, write_predictions
from converseg_core.evaluation.rle import encode
from converseg_core.images import ImageError, to_rgb
from converseg_core.model import ImageHWC, SegmentationModel
from converseg_core.offline.annotate import AnnotatedBag
from converseg_core.offline.pictures import frame_name
from converseg_core.offline.questions import Questions
from converseg_core.offline.source import FirstTypes, Message, Topics, stamp_ns, stream

FRAMES_A_PART = 100
PREDICTIONS_NAME, ANNOTATED_NAME, _PROGRESS_NAME = "predictions.parquet", "annotated", "progress.json"


@dataclass
class Account:
    """What became of every frame.

    Attributes:
        num_frames: frames seen on the camera topics.
        num_skipped: of those, left out by ``every``.
        num_unasked: of those, seen while nothing was asked.
        num_in: frames that were to be answered: all others.
        problems: faults of the bag, in words; what could be read was kept.
        reading_s: time spent reading and decoding messages and pictures.
        model_s: time spent in the model.
        num_image_bytes: size of the pictures that were decoded, as arrays.
    """

    num_frames: int = 0
    num_skipped: int = 0
    num_unasked: int = 0
    num_in: int = 0
    problems: list[str] = field(default_factory=list)
    reading_s: float = 0.0
    model_s: float = 0.0
    num_image_bytes: int = 0


@dataclass(frozen=True)
class _Frame:
    """One message of a camera.

    Attributes:
        number: counts all frames of the bag, of every camera.
        name: camera topic and the frame's number.
    """

    number: int
    name: str
    message: Message
    prompts: list[str]


def answer_bag(
    model: SegmentationModel,
    bag: Path,
    topics: Topics,
    questions: Questions,
    parts: Parts,
    info: RunInfo,
    *,
    every: int = 1,
    annotate: bool = True,
    on_frame: Callable[[int], None] = lambda _: None,
) -> Account:
    """Answer the frames that no finished part holds yet, ``FRAMES_A_PART`` at a time.

    Memory is bounded by one part's predictions, whatever the bag's length.

    Args:
        model: the model to ask.
        bag: the recording.
        topics: which of its topics are what.
        questions: what is asked about each frame.
        parts: where finished work is kept.
        info: what the predictions file is to say about the run.
        every: of each camera, every Nth frame.
        annotate: write the annotated bag as well.
        on_frame: called with the number of frames seen so far.
    """
    account = Account()
    num_done = _num_done(parts)
    frames = _frames(bag, topics, questions, every, account, on_frame)
    pending = (frame for frame in frames if frame.number >= num_done)
    while (first := next(pending, None)) is not None:
        with parts.new() as folder:
            last = _answer_part(model, first, pending, folder, topics, info, annotate, account)
            (folder / _PROGRESS_NAME).write_text(json.dumps({"num_frames": last + 1}))
    return account


def finished_predictions(parts: Parts) -> Iterator[Prediction]:
    """Every row of every finished part, in order."""
    for part in parts.finished:
        yield from iter_predictions(part / PREDICTIONS_NAME)


def _num_done(parts: Parts) -> int:
    finished = parts.finished
    if not finished:
        return 0
    progress: Mapping[str, Any] = json.loads((finished[-1] / _PROGRESS_NAME).read_text())
    return int(progress["num_frames"])


def _answer_part(
    model: SegmentationModel,
    first: _Frame,
    pending: Iterator[_Frame],
    folder: Path,
    topics: Topics,
    info: RunInfo,
    annotate: bool,
    account: Account,
) -> int:
    """Answer up to ``FRAMES_A_PART`` frames into a part's folder; returns the number of the last one."""
    rows: list[Prediction] = []
    last = first.number
    with AnnotatedBag(folder / ANNOTATED_NAME, topics.images) if annotate else nullcontext() as annotated:
        for frame in chain([first], islice(pending, FRAMES_A_PART - 1)):
            answers, image, sha256 = _answer(model, frame, account)
            rows += [_row(frame, k, answer, image, sha256) for k, answer in enumerate(answers)]
            message = frame.message
            if annotated is not None:
                for answer in answers:
                    annotated.write(message.topic, message.message.header, message.time_ns, answer, image)
            last = frame.number
    write_predictions(folder / PREDICTIONS_NAME, rows, info)
    return last


def _frames(
    bag: Path,
    topics: Topics,
    questions: Questions,
    every: int,
    account: Account,
    on_frame: Callable[[int], None],
) -> Iterator[_Frame]:
    """Frames that are to be answered, in order of recording; notes every fault it meets."""
    seen = dict.fromkeys(topics.images, 0)
    last_stamp_ns: dict[str, int] = {}
    strange: set[tuple[str, str]] = set()
    kinds = FirstTypes(topics)
    messages = stream(bag, topics.used)
    while True:
        start = time.perf_counter()
        try:
            message = next(messages, None)
        except BagError as error:
            account.problems.append(str(error))
            return
        finally:
            account.reading_s += time.perf_counter() - start
        if message is None:
            return
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
        prompts = questions.at(message.time_ns)
        if index % every:
            account.num_skipped += 1
        elif not prompts:
            account.num_unasked += 1
        else:
            account.num_in += 1
            yield _Frame(number, frame_name(message.topic, index), message, prompts)


def _answer(
    model: SegmentationModel, frame: _Frame, account: Account
) -> tuple[list[Answer], ImageHWC | None, str]:
    start = time.perf_counter()
    content = frame.message.message
    try:
        image = to_rgb(content)
        sha256 = hashlib.sha256(np.ascontiguousarray(content.data).data).hexdigest()
    except ImageError as error:
        account.problems.append(f"{frame.name}: {error}")
        account.reading_s += time.perf_counter() - start
        reason = f"the frame cannot be read: {error}"
        return (
            [failed(prompt, Status.ERROR, reason, model_id=model.model_id) for prompt in frame.prompts],
            None,
            "",
        )
    read = time.perf_counter()
    answers = model.encode(image).segment(frame.prompts)
    account.reading_s += read - start
    account.model_s += time.perf_counter() - read
    account.num_image_bytes += image.nbytes
    return answers, image, sha256


def _row(frame: _Frame, k: int, answer: Answer, image: ImageHWC | None, sha256: str) -> Prediction:
    return Prediction(
        id=f"{frame.number:08d}-{k:03d}",
        image=frame.name,
        image_sha256=sha256,
        height=0 if image is None else image.shape[0],
        width=0 if image is None else image.shape[1],
        prompt=answer.prompt,
        concept="",
        truth=None,
        status=answer.status,
        status_text=answer.status_text,
        answer=None if answer.mask is None else encode(answer.mask),
        confidence=answer.confidence,
        no_target_score=answer.no_target_score,
        timings_s=dict(answer.timings_s),
        model_id=answer.model_id,
        time_ns=frame.message.time_ns,
        stamp_ns=stamp_ns(frame.message.message),
    )
