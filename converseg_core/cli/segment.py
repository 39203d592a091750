"""``converseg segment``: questions about image files."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from converseg_core.answer import Answer, Status
from converseg_core.bundle import BundleError
from converseg_core.cli.console import json_line, log, print_line, track
from converseg_core.cli.errors import EXIT_FAILED, EXIT_GOOD, CommandError, UsageError
from converseg_core.cli.image_file import (
    ImageFileError,
    ImageHWC,
    read_image,
    write_bytes,
    write_mask,
    write_picture,
)
from converseg_core.cli.signals import raise_if_stopped
from converseg_core.loading import load_model
from converseg_core.model import SegmentationModel
from converseg_core.overlay import draw_answer


@dataclass(frozen=True, kw_only=True)
class SegmentArgs:
    """Answer questions about image files.

    Writes a mask (PNG, 0 and 255) and an overlay (JPEG) for each answer, and answers.jsonl with one line
    for each. Exit code 1 where an image could not be read or a question was not answered.
    """

    images: tyro.conf.Positional[tuple[Path, ...]]
    """Image files: JPEG, PNG, WebP, BMP, TIFF, GIF."""

    prompt: Annotated[list[tuple[str, ...]], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="WORDS...")]
    """What to look for; each argument is one question, e.g. --prompt "the red mug" "what is sharp"."""

    out: Path = Path("converseg-out")
    """Folder for the results; made where it is missing."""

    model: str = "sim-tiny"
    """Model name (see `converseg models list`) or bundle folder."""

    json: bool = False
    """Print one JSON line for each answer instead of a line to read."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args = tyro.cli(SegmentArgs, prog="converseg segment", args=argv, config=(tyro.conf.FlagCreatePairsOff,))
    prompts = list(itertools.chain.from_iterable(args.prompt))
    if not args.images:
        raise UsageError("segment: no image file given; see `converseg segment --help`")
    if not prompts:
        raise UsageError('segment: no question given; add e.g. --prompt "the red mug"')
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"--out {args.out}: cannot be made ({error.strerror})") from error
    try:
        model = load_model(args.model)
    except BundleError as error:
        raise CommandError(str(error)) from error

    lines: list[str] = []
    names = _FileNames()
    all_good = True
    for path in track(args.images, description="Images", num_items=len(args.images)):
        raise_if_stopped()
        try:
            image = read_image(path)
        except ImageFileError as error:
            log(f"converseg: {error}")
            all_good = False
            continue
        for answer in _answers(model, image, prompts):
            all_good &= answer.status.is_answer
            row = _save(image, path, answer, args.out, names.new(path, answer.prompt))
            lines.append(json_line(row))
            print_line(lines[-1] if args.json else _readable(row))
    write_bytes(args.out / "answers.jsonl", "".join(f"{line}\n" for line in lines).encode())
    if sys.stderr.isatty():
        log(f"{len(lines)} answers in {args.out}")
    return EXIT_GOOD if all_good else EXIT_FAILED


def _answers(model: SegmentationModel, image: ImageHWC, prompts: Sequence[str]) -> Iterator[Answer]:
    frame = model.encode(image)
    yield from frame.segment(prompts)


class _FileNames:
    """Readable names for results, none given twice."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def new(self, image_path: Path, prompt: str) -> str:
        words = re.sub(r"[^\w]+", "-", prompt.casefold()).strip("-")[:40].strip("-") or "question"
        base = f"{image_path.stem[:60]}.{words}".encode("utf-8", "replace").decode("utf-8")
        numbered = (base if number == 1 else f"{base}-{number}" for number in itertools.count(1))
        name = next(name for name in numbered if name not in self._used)
        self._used.add(name)
        return name


def _save(image: ImageHWC, path: Path, answer: Answer, out: Path, name: str) -> dict[str, Any]:
    """Write the files of one answer; return its row."""
    mask_path = out / f"{name}.mask.png"
    if answer.mask is not None:
        write_mask(mask_path, answer.mask)
    else:
        mask_path.unlink(missing_ok=True)  # an earlier run's mask must not pass for this one's
    overlay_path = out / f"{name}.overlay.jpg"
    write_picture(overlay_path, draw_answer(image, answer))
    return {
        "image": str(path),
        "height": image.shape[0],
        "width": image.shape[1],
        "prompt": answer.prompt,
        "status": answer.status.name,
        "status_text": answer.status_text,
        "confidence": answer.confidence,
        "no_target_score": answer.no_target_score,
        "area_px": answer.area_px,
        "box_xywh": answer.box_xywh,
        "timings_s": dict(answer.timings_s),
        "model_id": answer.model_id,
        "mask": None if answer.mask is None else str(mask_path),
        "overlay": str(overlay_path),
    }


def _readable(row: dict[str, Any]) -> str:
    confidence = row["confidence"]
    sure = "" if confidence != confidence else f"  confidence {confidence:.2f}"  # NaN: not known
    if row["status"] == Status.OK.name:
        found = f"{row['area_px']} px in box {row['box_xywh']}"
    else:
        found = row["status_text"]
    return f"{row['image']}  {row['prompt'][:80]!r}  {row['status']}{sure}  {found}  -> {row['overlay']}"
