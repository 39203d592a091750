"""Prompts as people speak to a robot, joined with the photos that they are about: for measuring only.

    python -m converseg_training.mini.conversation --panoptic FOLDER --out DATASET

The prompts and the numbers of the segments that answer them lie in prompts/conversation.json, written and
looked at by hand; nothing is trained on them. The photos are not part of the project: FOLDER holds images/,
panoptic/ and panoptic.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from converseg_core.evaluation.dataset import CONCEPTS
from converseg_training.mini.photo_prompts import Question, Segment, read_photos, write_questions

KINDS = ("class", "attribute", "spatial", "relation", "affordance", "physics", "safety")


@dataclass(frozen=True)
class SpokenPrompt:
    """One prompt about one photo.

    Attributes:
        photo: file name.
        segments: numbers of the panoptic segments that answer it; none where nothing in the photo does.
        concept: one of the five families.
        kind: finer than the family, one of :data:`KINDS`.
        prompt: what is said.
    """

    photo: str
    segments: tuple[int, ...]
    concept: str
    kind: str
    prompt: str


def spoken_prompts() -> list[SpokenPrompt]:
    """All prompts of the file, in its order.

    Raises:
        ValueError: a family or a kind that there is not.
    """
    text = resources.files("converseg_training.mini").joinpath("prompts/conversation.json").read_text()
    prompts = [
        SpokenPrompt(**{**item, "segments": tuple(item["segments"])}) for item in json.loads(text)["prompts"]
    ]
    for item in prompts:
        if item.concept not in CONCEPTS or item.kind not in KINDS:
            raise ValueError(f"conversation.json: {item.prompt!r}: no such concept or kind; see KINDS")
    return prompts


def spoken_questions(prompts: Sequence[SpokenPrompt], segments: Sequence[Segment]) -> list[Question]:
    """The prompts about one photo, with the masks of the segments that answer them.

    Raises:
        ValueError: a prompt names a segment that the photo does not have.
    """
    masks = {segment.number: segment.mask for segment in segments}
    asked = []
    for item in prompts:
        missing = [number for number in item.segments if number not in masks]
        if missing:
            raise ValueError(f"{item.photo}: no segment {missing[0]} for {item.prompt!r}; other annotations?")
        mask = np.zeros_like(segments[0].mask)
        for number in item.segments:
            mask = mask | masks[number]
        asked.append(Question(item.prompt, item.concept, item.kind, mask))
    return asked


def conversation(
    panoptic: Path, prompts: Sequence[SpokenPrompt] | None = None
) -> Iterator[tuple[Path, list[Question]]]:
    """File and questions of each photo that somebody speaks about.

    Args:
        panoptic: folder of the photos.
        prompts: those of the file where left out.

    Raises:
        ValueError: a photo of the prompts is not in the folder, or its segments have other numbers.
    """
    by_photo: dict[str, list[SpokenPrompt]] = {}
    for item in spoken_prompts() if prompts is None else prompts:
        by_photo.setdefault(item.photo, []).append(item)
    for path, segments, _ in read_photos(panoptic):
        if path.name in by_photo:
            yield path, spoken_questions(by_photo.pop(path.name), segments)
    if by_photo:
        raise ValueError(f"panoptic: {panoptic} lacks {len(by_photo)} photos of the prompts: {min(by_photo)}")


def main() -> None:
    """Write the data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panoptic", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    num = write_questions(args.out, "conversation", conversation(args.panoptic), prefix="spoken-")
    print(f"{num} questions in {args.out}")


if __name__ == "__main__":
    main()
