"""What a demo run leaves behind: overlays, an animation, a page."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converseg_core import __version__
from converseg_core.answer import Answer, Status
from converseg_core.bundle import Manifest
from converseg_core.cli.demo.animation import encode_animation
from converseg_core.cli.demo.recording import Recording, read_truths
from converseg_core.cli.demo.row import AnswerRow
from converseg_core.cli.image_file import encode_jpeg, write_bytes, write_picture
from converseg_core.overlay import draw_answer, paint_mask
from converseg_core.report import DemoPage, QuestionCard, machine_facts, render_demo_page

ImageHWC = NDArray[np.uint8]

_TRUTH_RGB = (255, 64, 200)
_STATES = {Status.OK.name: "found", Status.NO_TARGET.name: "nothing"}
_WORDS = {Status.OK.name: "found", Status.NO_TARGET.name: "nothing fits"}
_REST = "transport and waiting"


def write_results(
    rows: Sequence[AnswerRow], *, recording: Recording, manifest: Manifest, out: Path, fault: str
) -> Path:
    """Write overlays/, demo.webp and index.html into ``out``; returns the page's path."""
    ordered = sorted(rows, key=lambda row: row.index)
    wanted = {(row.prompt, row.frame_stamp_ns) for row in ordered if row.frame_stamp_ns is not None}
    truths = read_truths(recording.path, wanted)
    overlays: dict[int, list[ImageHWC]] = defaultdict(list)
    cards = []
    for row in ordered:
        answer = row.answer(out)
        frame = recording.frame(row.frame_stamp_ns)
        truth = truths.get((row.prompt, row.frame_stamp_ns)) if row.frame_stamp_ns is not None else None
        drawn = None if frame is None else _drawn(frame, answer)
        if drawn is not None and row.frame_stamp_ns is not None:
            overlays[row.frame_stamp_ns].append(drawn)
            write_picture(out / "overlays" / f"{row.index:02d}.jpg", drawn)
        cards.append(_card(row, frame, answer, drawn, truth))
    animation = encode_animation(recording, overlays)
    write_bytes(out / "demo.webp", animation)
    page = DemoPage(
        title="ConverSeg-ROS: a camera, some words, the masks",
        made=f"Made by converseg {__version__} demo, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        cards=cards,
        animation_webp=animation,
        facts=_facts(ordered, recording, manifest),
        notes=_notes(manifest, fault),
    )
    page_path = out / "index.html"
    write_bytes(page_path, render_demo_page(page).encode())
    return page_path


def _drawn(frame: ImageHWC, answer: Answer) -> ImageHWC:
    if answer.mask is not None and answer.mask.shape != frame.shape[:2]:
        raise ValueError(f"mask: {answer.mask.shape} for a frame of {frame.shape[:2]}; the client is wrong")
    return draw_answer(frame, answer)


def _card(
    row: AnswerRow, frame: ImageHWC | None, answer: Answer, drawn: ImageHWC | None, truth: Answer | None
) -> QuestionCard:
    truth_picture = None
    if frame is not None and truth is not None and truth.mask is not None:
        truth_picture = paint_mask(frame, truth.mask, colour=_TRUTH_RGB)
    answer_picture = None if frame is None else draw_answer(frame, answer, caption="none")
    stages = dict(row.stages_s)
    if row.latency_s is not None and stages:
        stages[_REST] = max(0.0, row.latency_s - sum(stages.values()))
    return QuestionCard(
        index=row.index,
        prompt=row.prompt,
        concept=row.concept,
        state=_STATES.get(row.status, "failed"),
        status=_WORDS.get(row.status, row.status.lower().replace("_", " ")),
        status_text=row.status_text,
        confidence=row.confidence,
        iou=row.iou,
        latency_s=row.latency_s,
        answer_jpeg=None if answer_picture is None else encode_jpeg(answer_picture),
        truth_jpeg=None if truth_picture is None else encode_jpeg(truth_picture),
        truth_status=row.truth_status,
        stages_s=stages,
    )


def _facts(rows: Sequence[AnswerRow], recording: Recording, manifest: Manifest) -> dict[str, dict[str, str]]:
    answered_by = sorted({row.model_id for row in rows if row.model_id})
    files = sorted(recording.path.glob("*.mcap")) + sorted(recording.path.glob("*.db3"))
    if recording.path.is_file():
        files = [recording.path]
    return {
        "Model": {
            "Model": manifest.model_id,
            "Answered by": ", ".join(answered_by) or "nobody",
            "Weights": manifest.weights,
            "Trained on": manifest.training_data,
            "Licence": manifest.licence,
            "Files": ", ".join(
                f"{file.path} (sha256 {file.sha256[:12]}…)" for file in manifest.files.values()
            ),
        },
        "Bag": {
            "Bag": recording.path.name,
            "Frames": f"{len(recording.frames)} in {recording.duration_s:.1f} s",
            "Questions": str(recording.num_questions),
            "Files": ", ".join(f"{path.name} (sha256 {_sha256(path)[:12]}…)" for path in files),
        },
        "Machine": machine_facts(),
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _notes(manifest: Manifest, fault: str) -> list[str]:
    notes = []
    if manifest.weights == "random":
        notes.append(f"{manifest.model_id} was never trained. Its answers are noise; only the path is real.")
    if fault:
        notes.append(f"The run did not end well: {fault}")
    return notes
