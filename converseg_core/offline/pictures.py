"""Pictures of a bag for the report: found again by one more pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from converseg_core.bags import BagError
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.report import PictureSource
from converseg_core.images import ImageError, to_rgb
from converseg_core.model import ImageHWC
from converseg_core.offline.source import FirstTypes, Topics, stream


def from_bag(bag: Path, topics: Topics) -> PictureSource:
    """The frames that predictions name as ``topic#number``; stops after the last of them."""

    def find(predictions: Sequence[Prediction]) -> Iterator[tuple[str, ImageHWC]]:
        wanted = {prediction.image for prediction in predictions}
        kinds = FirstTypes(topics)
        seen = dict.fromkeys(topics.images, 0)
        try:
            for message in stream(bag, topics.images):
                if not wanted:
                    return
                if not kinds.fits(message):
                    continue
                name = frame_name(message.topic, seen[message.topic])
                seen[message.topic] += 1
                if name in wanted:
                    wanted.remove(name)
                    try:
                        yield name, to_rgb(message.message)
                    except ImageError:
                        continue  # the answer's status says so already
        except BagError:
            return  # a cut-off bag: the frames before the cut have been found

    return find


def frame_name(topic: str, index: int) -> str:
    """Name of a camera's frame: topic and number."""
    return f"{topic}#{index:06d}"
