"""Answer every frame of a bag, once and in order; go on where an earlier run stopped."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from converseg_core.answer import Answer, Status, failed
from converseg_core.evaluation.parts import Parts
from converseg_core.evaluation.prediction import Prediction, View
from converseg_core.evaluation.predictions_file import RunInfo, iter_predictions, write_predictions
from converseg_core.evaluation.rle import encode
from converseg_core.images import ImageError, to_rgb
from converseg_core.images.convert import DepthHW
from converseg_core.model import ImageHWC, SegmentationModel
from converseg_core.offline.annotate import AnnotatedBag
from converseg_core.offline.cameras import intrinsics_of
from converseg_core.offline.depth import mask_depth, read_depth_m
from converseg_core.offline.frames import Account, Frame, walk_frames
from converseg_core.offline.questions import Questions
from converseg_core.offline.source import Topics, stamp_ns

FRAMES_A_PART = 100
PART_S = 60.0
"""A part ends after so many frames or so long, whichever comes first: what a kill can cost."""
PREDICTIONS_NAME, ANNOTATED_NAME, _PROGRESS_NAME = "predictions.parquet", "annotated", "progress.json"


def answer_bag(
    model: SegmentationModel,
    bag: Path,
    topics: Topics,
    questions: Questions,
    parts: Parts,
    info: RunInfo,
    *,
    every: int = 1,
    tolerance_ns: int = 0,
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
        tolerance_ns: how far the stamps of a frame, its CameraInfo and its depth may lie apart.
        annotate: write the annotated bag as well.
        on_frame: called with the number of frames seen so far.
    """
    account = Account()
    num_done, problems = _progress(parts)
    answerer = _Answerer(model, topics, account, problems)
    frames = walk_frames(
        bag, topics, questions, account, every=every, tolerance_ns=tolerance_ns, on_frame=on_frame
    )
    pending = (frame for frame in frames if frame.number >= num_done)
    while (first := next(pending, None)) is not None:
        with parts.new() as folder:
            last = _answer_part(answerer, first, pending, folder, info, annotate)
            progress = {"num_frames": last + 1, "problems": answerer.problems}
            (folder / _PROGRESS_NAME).write_text(json.dumps(progress))
    account.problems += answerer.problems
    return account


def finished_predictions(parts: Parts) -> Iterator[Prediction]:
    """Every row of every finished part, in order."""
    for part in parts.finished:
        yield from iter_predictions(part / PREDICTIONS_NAME)


def _progress(parts: Parts) -> tuple[int, list[str]]:
    """Frames that need no answer any more, and what was wrong with them."""
    finished = parts.finished
    if not finished:
        return 0, []
    progress: Mapping[str, Any] = json.loads((finished[-1] / _PROGRESS_NAME).read_text())
    return int(progress["num_frames"]), [str(problem) for problem in progress["problems"]]


def _answer_part(
    answerer: _Answerer,
    first: Frame,
    pending: Iterator[Frame],
    folder: Path,
    info: RunInfo,
    annotate: bool,
) -> int:
    """Answer one part's frames into its folder; returns the number of the last one."""
    rows: list[Prediction] = []
    cameras = answerer.topics.images
    end_s = time.monotonic() + PART_S
    frame, num_frames = first, 0
    with AnnotatedBag(folder / ANNOTATED_NAME, cameras) if annotate else nullcontext() as annotated:
        while True:
            answered = answerer.answer(frame)
            start = time.perf_counter()
            rows += [_row(frame, k, answered) for k in range(len(answered.answers))]
            if annotated is not None:
                _annotate(annotated, frame, answered)
            answerer.account.writing_s += time.perf_counter() - start
            num_frames += 1
            if num_frames >= FRAMES_A_PART or time.monotonic() > end_s:
                break
            following = next(pending, None)
            if following is None:
                break
            frame = following
    write_predictions(folder / PREDICTIONS_NAME, rows, info)
    return frame.number


@dataclass(frozen=True)
class _Answered:
    """A frame's answers; ``image`` is None where it cannot be read."""

    answers: list[Answer]
    image: ImageHWC | None
    sha256: str
    view: View
    depth_m: DepthHW | None


class _Answerer:
    """Asks the model about frames; notes what is wrong with them."""

    def __init__(
        self, model: SegmentationModel, topics: Topics, account: Account, problems: list[str]
    ) -> None:
        self.topics = topics
        self.account = account
        self.problems = problems
        self._model = model
        self._said = set(problems)

    def answer(self, frame: Frame) -> _Answered:
        """The answers to a frame's questions, and how it was seen."""
        start = time.perf_counter()
        content = frame.message.message
        view = View(frame_id=str(content.header.frame_id))
        try:
            image = to_rgb(content)
            sha256 = hashlib.sha256(np.ascontiguousarray(content.data).data).hexdigest()
        except ImageError as error:
            self._note(f"{frame.name}: {error}")
            self.account.reading_s += time.perf_counter() - start
            reason = f"the frame cannot be read: {error}"
            model_id = self._model.model_id
            answers = [failed(prompt, Status.ERROR, reason, model_id=model_id) for prompt in frame.prompts]
            return _Answered(answers, None, "", view, None)
        view, depth_m = self._view(frame, view, (image.shape[0], image.shape[1]))
        read = time.perf_counter()
        answers = self._model.encode(image).segment(frame.prompts)
        self.account.reading_s += read - start
        self.account.model_s += time.perf_counter() - read
        self.account.num_image_bytes += image.nbytes
        return _Answered(answers, image, sha256, view, depth_m)

    def _view(self, frame: Frame, view: View, size_hw: tuple[int, int]) -> tuple[View, DepthHW | None]:
        """Intrinsics and depth of a frame; a fault is said once for each camera."""
        camera = frame.message.topic
        if frame.camera_info is not None:
            try:
                intrinsics = intrinsics_of(frame.camera_info.message, size_hw)
            except ValueError as error:
                self._note(f"{camera}: {error}")
            else:
                view = view if intrinsics is None else replace(view, **asdict(intrinsics))
        if frame.depth is None:
            return view, None
        topic = self.account.cameras[camera].depth_topic
        depth_frame_id = str(frame.depth.message.header.frame_id)
        if view.frame_id and depth_frame_id and depth_frame_id != view.frame_id:
            self._note(
                f"{topic}: is in frame {depth_frame_id}, the pictures of {camera} in {view.frame_id}; give "
                "depth that is aligned to them with --depth-topic, or leave depth out with --no-depth"
            )
            return view, None
        try:
            depth_m = read_depth_m(frame.depth.message, size_hw)
        except ImageError as error:
            self._note(f"{topic}: {error}; or leave depth out with --no-depth")
            return view, None
        return replace(view, depth_offset_ns=frame.depth.offset_ns), depth_m

    def _note(self, problem: str) -> None:
        if problem not in self._said:
            self._said.add(problem)
            self.problems.append(problem)


def _annotate(annotated: AnnotatedBag, frame: Frame, answered: _Answered) -> None:
    message = frame.message
    if frame.camera_info is not None and answered.image is not None:
        annotated.write_camera_info(message.topic, message.message.header, message.time_ns, frame.camera_info)
    for answer in answered.answers:
        annotated.write(message.topic, message.message.header, message.time_ns, answer, answered.image)


def _row(frame: Frame, k: int, answered: _Answered) -> Prediction:
    answer, image, view = answered.answers[k], answered.image, answered.view
    if answered.depth_m is not None and answer.mask is not None:
        distance = mask_depth(answer.mask, answered.depth_m)
        if distance is not None:
            view = replace(view, depth_median_m=distance.median_m, depth_invalid_share=distance.invalid_share)
    return Prediction(
        id=f"{frame.number:08d}-{k:03d}",
        image=frame.name,
        image_sha256=answered.sha256,
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
        view=view,
    )
